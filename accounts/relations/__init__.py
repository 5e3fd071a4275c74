"""Follows and blocks, and who sees what because of them."""
