"""What a person wants to know of its artifacts before what is wrong with them."""
