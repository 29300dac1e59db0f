"""Versions of one family: their order, which of them can be read, which are judged."""
