"""Prometheus metrics: of a run, of a platform that is scraped, and sample values."""
