"""The feed's pages and forms, event stream, and pictures."""
