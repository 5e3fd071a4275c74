"""What sets aiochat up on a machine, updates it there, and releases it."""
