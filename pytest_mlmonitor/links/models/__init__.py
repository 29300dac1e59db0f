"""Which runs and registry entries a model version means, and what the models of a log learnt from."""
