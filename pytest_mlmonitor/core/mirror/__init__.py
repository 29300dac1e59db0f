"""Roots in object storage: what kinds claim of them is copied below the state directory, and judged there."""
