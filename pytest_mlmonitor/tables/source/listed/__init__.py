"""Tables that are some files, or some rows of a table: parts that a source lists, chunks of a table that grows."""
