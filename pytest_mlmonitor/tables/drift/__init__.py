"""Two tables compared, feature by feature."""
