"""Stories of keeping order: acts, their log, and their undo."""
