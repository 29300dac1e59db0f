"""SQL rules of contracts: what is asked, of which tables, and which rows it counts."""
