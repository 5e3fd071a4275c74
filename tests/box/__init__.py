"""A whole machine: a Debian in a folder, on which aiochat is installed, updated, changed and removed."""
