"""Columns that tell rows, builds or times apart: their values differ from version to version by what they are for."""
