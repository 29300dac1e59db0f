"""Windows folded: what checks need of any number of them."""
