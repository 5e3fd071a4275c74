"""Rooms: made, found, set up, joined by invitation, ended."""
