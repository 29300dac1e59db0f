"""Where the policy says what: files and lines of its keys."""
