"""Alerts: what is wrong with which artifact, for whoever must act."""
