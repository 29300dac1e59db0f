"""The tools measured beside ours: each checks the same dataset in its own words and in an environment of its own."""
