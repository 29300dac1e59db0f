"""Open Data Contract Standard documents, compiled to table contracts and written from them."""
