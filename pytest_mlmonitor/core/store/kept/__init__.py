"""What outlets keep in the store between runs."""
