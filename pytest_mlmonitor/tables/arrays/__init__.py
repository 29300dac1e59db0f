"""Arrow arrays in the form that values are compared in."""
