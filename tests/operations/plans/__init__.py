"""How much the statements read."""
