"""Measures a real aiochat under load, and checks that every message arrives once and in order. See
docs/performance.md.

`python -m bench` starts servers of its own, lets people of its own talk, prints a table and writes
it as JSON."""
