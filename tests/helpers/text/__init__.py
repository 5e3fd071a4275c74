"""What becomes of texts."""
