"""What a contract asks for, in the words of messages."""
