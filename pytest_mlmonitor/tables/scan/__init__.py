"""One pass over a table by its contracts."""
