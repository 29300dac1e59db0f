"""Contracts as YAML text: values in one line, lines added to a document that a person wrote, a contract written whole."""
