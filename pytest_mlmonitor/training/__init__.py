"""Training runs and training reports: read, looked up and judged."""
