"""JSON that nobody vouches for: one document, one line, and the contract of its fields."""
