"""The HTTP API (extra ``api``): what the last run said of models, out of its record and the store; nothing is judged again."""
