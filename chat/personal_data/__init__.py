"""What the chat stores of a person: for their download, and erased with their account."""
