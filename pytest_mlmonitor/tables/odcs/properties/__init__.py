"""What a property of an ODCS schema says: the options of its type, and what lies inside it."""
