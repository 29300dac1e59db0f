"""The child process in which data files are read, and its client."""
