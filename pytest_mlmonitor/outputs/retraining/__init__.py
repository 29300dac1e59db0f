"""Decisions to train a model again: their reasons, and who may take them."""
