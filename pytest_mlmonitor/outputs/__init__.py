"""One writer a file: each takes the record of a run and writes one thing, atomically."""
