"""What any aiohttp site needs: routes, forms, sessions, headers, pages, files."""
