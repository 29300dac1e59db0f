"""Predictions said otherwise, a module a format: of them mutants are made."""
