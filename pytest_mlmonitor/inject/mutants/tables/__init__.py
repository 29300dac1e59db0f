"""Faults of a whole table: its columns, its rows, its age."""
