"""One foreign format each, read into plain documents; knows no kind."""
