"""The policy file as an artifact: what it says of artifacts must say it of some."""
