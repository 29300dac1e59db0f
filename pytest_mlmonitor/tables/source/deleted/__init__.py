"""Which rows of a table's parts are deleted: deletion vectors and delete files of its log."""
