"""What must not be lost between runs: history, counters, claims and alerts."""
