"""What names say: dates and numbers in them, files that are alike, sources whose paths take them."""
