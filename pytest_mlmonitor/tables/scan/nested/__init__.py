"""What lies inside columns, scanned as tables of its own."""
