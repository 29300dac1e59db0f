"""Faults of one column of a table."""
