"""Monitoring beside the runs: generated, and tried from end to end."""
