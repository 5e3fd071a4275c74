"""The history of rooms: what is stored, how it is written in one order, and how it is read."""
