"""Alerts as messages: in words for people, in JSON for programs."""
