"""What sites on aiohttp need: requests, errors, pages, static files."""
