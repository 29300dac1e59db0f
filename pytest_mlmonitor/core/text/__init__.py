"""Names, words, times and versions as text."""
