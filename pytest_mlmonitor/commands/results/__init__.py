"""What is made of the records that runs left: one verdict of several, and the report."""
