"""References of a contract to other tables: how they are written, and what they ask for."""
