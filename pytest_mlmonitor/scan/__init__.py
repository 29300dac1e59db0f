"""The one-pass scan of tabular data: a contract in, the figures that decide it out."""
