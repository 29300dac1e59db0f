"""Regular expressions of contracts, translated to the dialect that the scan runs."""
