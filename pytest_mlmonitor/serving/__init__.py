"""Deployments: windows and events read, folded, looked up and judged."""
