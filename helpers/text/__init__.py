"""Text processing: characters, Markdown, emoji, translation, strict JSON."""
