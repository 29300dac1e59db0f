"""Behaviour of the package, module by module."""
