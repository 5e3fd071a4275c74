"""Files that people send: on their way, looked at, stored, and read again."""
