"""The ways in: the WebSocket, pages, and requests by HTTP."""
