"""What an operator sees of it."""
