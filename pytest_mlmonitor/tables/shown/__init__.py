"""Rows that break a rule, as people are shown them: which columns, how long, and what of personal data."""
