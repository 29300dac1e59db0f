"""Parts of one table whose schemas differ: what they are together, and how each of them is read."""
