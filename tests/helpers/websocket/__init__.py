"""Our end of the WebSocket."""
