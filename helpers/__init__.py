"""Helpers for aiohttp, the databases, Redis and processes. Nothing here knows about the chat."""
