"""What is told of a run beside its results: since when, of what, made from what, and where the run itself comes from."""
