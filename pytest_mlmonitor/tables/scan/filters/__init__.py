"""Rules that are about some rows only: a condition, or the newest partition."""
