"""Prediction logs read once: what their entries hold by day, and which of them cannot be right."""
