"""How changed rows are stored: in the form of the dataset, with everything beside them true of them."""
