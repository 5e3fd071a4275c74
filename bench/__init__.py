"""Measures a real aiochat under load, and checks that every message arrives once and in order. See
docs/performance.md.

`python -m bench` starts its own servers and clients, prints a table and writes it as JSON."""
