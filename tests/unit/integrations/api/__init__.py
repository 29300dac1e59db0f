"""The HTTP API, without a server."""
