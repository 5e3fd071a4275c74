"""Statements and what sends them."""
