"""The weather at a place: one line of text from a provider that a setting names."""
