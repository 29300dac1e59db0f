"""Predictions: read, looked up and judged."""
