"""A dataset said otherwise in the documents beside its data: what their writer would have written of other rows."""
