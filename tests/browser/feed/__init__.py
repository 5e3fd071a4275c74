"""The feed and its pictures."""
