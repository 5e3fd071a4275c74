"""From a commit to everybody who is connected: processes, channels, presence, what is unread."""
