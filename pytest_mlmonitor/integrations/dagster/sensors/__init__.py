"""What starts runs without a clock: new artifacts, and decisions to train again."""
