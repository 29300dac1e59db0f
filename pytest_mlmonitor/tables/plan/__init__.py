"""A contract as one plan of aggregates, on any engine."""
