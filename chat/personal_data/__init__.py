"""What the chat has of somebody: for their download, and taken away with their account."""
