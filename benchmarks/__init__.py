"""Figures, measured side by side in one run as whole processes: ``make bench``."""
