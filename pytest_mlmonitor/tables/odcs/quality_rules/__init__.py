"""What quality rules have in common, whatever their type."""
