"""What processes tell each other by Redis."""
