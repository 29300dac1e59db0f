"""Mutants: copies of an artifact with a single fault each, made to ask whether anybody would notice."""
