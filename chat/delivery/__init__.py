"""Delivery of committed events to connections: channels, the bus, presence, unread posts."""
