"""The WebSockets: of a room, and of a person wherever they are."""
