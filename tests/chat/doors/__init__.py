"""The ways into rooms."""
