"""What ties artifacts to one another."""
