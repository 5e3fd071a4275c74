"""The chat: rooms, their members, their history, and every door to them."""
