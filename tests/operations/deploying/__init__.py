"""How it is installed and updated, and what stands before it."""
