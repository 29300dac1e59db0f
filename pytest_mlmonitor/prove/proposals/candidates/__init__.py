"""What a person would write against a fault, kind by kind, with the room that the versions of the data ask for."""
