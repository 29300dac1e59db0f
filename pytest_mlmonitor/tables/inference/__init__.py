"""A contract inferred from builds: what they hold, which limits that leaves room for the next one, and the draft in ODCS."""
