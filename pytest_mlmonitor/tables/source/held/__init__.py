"""What the reader process holds of files that it read a moment ago."""
