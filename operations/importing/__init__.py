"""Moves what was said in other chats to this one. Each format is a module that reads an archive into the same
small records (`records.py`); one writer stores them as the chat itself stores."""
