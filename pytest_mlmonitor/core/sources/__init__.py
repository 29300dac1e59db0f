"""Declared sources met with what lies below a root: which files are which artifact of which family, in which version."""
