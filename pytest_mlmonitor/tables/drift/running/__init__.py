"""Whether a column runs on from version to version: an order's number, an offset, a time in a number, the id of a load."""
