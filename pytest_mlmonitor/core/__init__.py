"""What every kind of artifact shares. Nothing here knows a kind or a table."""
