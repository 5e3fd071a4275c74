"""Plumbing that knows aiohttp, the database and Redis, and no noun of the chat."""
