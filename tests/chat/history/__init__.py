"""The history: written in one order, read again."""
