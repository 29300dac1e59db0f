"""Families of metrics by what they are about: functions that yield them from a run's record and its platform."""
