"""Keeping order, in rooms and on the site."""
