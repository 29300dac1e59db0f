"""Tables for another engine: what it is told of them, and the few rows that it points at."""
