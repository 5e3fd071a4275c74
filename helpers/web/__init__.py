"""Helpers for an aiohttp site: routes, forms, sessions, headers, pages, files."""
