"""Faults of a training run."""
