"""Which rows of a table are later than all that it is compared with."""
