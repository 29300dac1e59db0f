"""What upstream promised: pydantic models per record, and contracts of tabular data."""
