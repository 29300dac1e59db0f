"""Whether a feature is a function of the event time: then a difference between two stretches of time says nothing."""
