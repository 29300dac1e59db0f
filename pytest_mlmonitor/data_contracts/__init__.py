"""Contract files beside the data: read and judged."""
