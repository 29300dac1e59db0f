"""Hours of the week, and the zones in which a day begins."""
