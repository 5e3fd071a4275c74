"""What is done to texts: characters, Markdown, emoji, translation, strict JSON."""
