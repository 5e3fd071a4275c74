"""The feed: posts for followers, comments and likes. It is independent of the chat."""
