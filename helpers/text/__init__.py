"""Text processing: characters, emoji, highlighting, translation, strict JSON."""
