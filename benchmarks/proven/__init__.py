"""What ``python -m benchmarks prove`` proves: processes that make sound data every day, from a seed."""
