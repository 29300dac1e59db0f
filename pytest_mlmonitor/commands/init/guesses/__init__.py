"""What is guessed: how old data may get, what a log holds, which columns say what, a first contract."""
