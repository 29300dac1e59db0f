"""Grafana's dashboards, a file a board."""
