"""What came from what: events of lineage emitted and sent again, and the chain of one artifact."""
