"""The waits of a running site, in real time."""
