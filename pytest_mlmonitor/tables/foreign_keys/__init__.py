"""Keys of one table that must be keys of another."""
