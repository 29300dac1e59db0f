"""What the real programs wrote, and the scripts that had them write it."""
