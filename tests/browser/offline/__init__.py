"""Rooms without a network, in a browser."""
