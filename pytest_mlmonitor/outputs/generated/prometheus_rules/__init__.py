"""Rules of Prometheus, a topic a file, and the file that holds them."""
