"""What keys of a dataset refer to: which table of which contract, and which version of its data."""
