"""What people write for those who follow them: posts, comments and likes. It stands beside the chat
and knows nothing of it."""
