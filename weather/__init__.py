"""The weather at a place: one line of text, asked of a provider that a setting names."""
