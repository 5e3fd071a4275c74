"""Archives of other chats, made as their documentation says, and imported."""
