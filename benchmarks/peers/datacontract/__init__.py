"""See :mod:`benchmarks.peers`."""
