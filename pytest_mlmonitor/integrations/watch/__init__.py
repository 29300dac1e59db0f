"""The suite of a project, run every interval for as long as nobody ends it."""
