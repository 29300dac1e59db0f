"""A table contract: the one internal form of every dataset contract."""
