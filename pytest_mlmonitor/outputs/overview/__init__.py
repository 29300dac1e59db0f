"""What is said of an artifact at one look."""
