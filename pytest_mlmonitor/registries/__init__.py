"""Model registries: read, looked up and judged."""
