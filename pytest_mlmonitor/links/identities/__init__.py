"""By what artifacts are found that links name: everything that is known of them, digests of files, and the words of findings."""
