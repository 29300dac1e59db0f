"""What upstream really writes, and what it writes when something went wrong (specification 7)."""
