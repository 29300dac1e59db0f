"""MappedFields of records as a declared source maps them: ``fields``, ``constants``, ``where``."""
