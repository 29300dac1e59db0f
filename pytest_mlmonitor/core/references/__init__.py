"""What ``fields.OURS = "theirs"`` of a declared source means: which value of a document, in which unit."""
