"""Rooms and messages."""
