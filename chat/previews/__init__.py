"""Previews of links: after a post is stored, what its links lead to is fetched, and told as its change."""
