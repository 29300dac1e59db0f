"""HTTP and threads by a deadline that nothing outlives: a server that is away, silent or slow holds no run up."""
