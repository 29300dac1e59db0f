"""Opening what nobody vouches for, and writing what must never be half a file."""
