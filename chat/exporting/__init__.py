"""What was said, as files that are read elsewhere."""
