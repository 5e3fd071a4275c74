"""The chat: rooms, their members, their history, and every way in and out of it."""
