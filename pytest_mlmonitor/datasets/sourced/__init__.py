"""What a declared source says of a dataset beside its files: where its table is, when it was built, which version it is."""
