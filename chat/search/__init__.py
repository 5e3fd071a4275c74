"""Finds messages: the index, how it is filled, and how a question is read."""
