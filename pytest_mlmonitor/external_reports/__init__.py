"""What other tools say: their reports, read, and judged by what they say and when."""
