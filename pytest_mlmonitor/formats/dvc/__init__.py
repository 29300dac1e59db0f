"""DVC's records of a pipeline, read into plain records; DVC is not imported."""
