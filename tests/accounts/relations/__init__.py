"""Whom people follow and block, and who sees what of them."""
