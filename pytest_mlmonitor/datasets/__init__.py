"""Training datasets: read, looked up and judged."""
