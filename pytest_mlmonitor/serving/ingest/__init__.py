"""A serving tree read once, in parallel, in order, and only what is new."""
