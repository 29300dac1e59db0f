"""One file a format of upstream: how it is recognised and how it is read."""
