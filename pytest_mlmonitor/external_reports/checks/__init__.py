"""Pure rules, one topic a file; none imports another."""
