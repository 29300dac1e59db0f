"""Tabular data that nobody vouches for."""
