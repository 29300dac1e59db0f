"""What is seen of a deployment: its last windows, gaps and instances, and the limits that they are held against."""
