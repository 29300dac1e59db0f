"""Figures of two samples and how often chance gives as much: numbers in, numbers out."""
