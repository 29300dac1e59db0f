"""Faults of a prediction log."""
