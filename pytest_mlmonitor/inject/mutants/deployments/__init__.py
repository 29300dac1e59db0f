"""Faults of a deployment: its windows and its events."""
