"""One reader per artifact kind: bytes of a hostile directory in, frozen dataclasses and findings out.

A reader never raises on bad data, never opens a path outside its root, never follows a link out of it, and never
executes or unpickles anything.
"""
