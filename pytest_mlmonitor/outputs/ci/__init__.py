"""What a CI service shows of a run: annotations, a summary in Markdown, a code quality report; each escaped for its reader."""
