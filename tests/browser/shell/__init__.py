"""Long rooms in a browser."""
