"""What an operator sees of a running server: logs and ids of requests."""
