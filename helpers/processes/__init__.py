"""Processes: the supervisor, its workers, listening sockets, the terminal."""
