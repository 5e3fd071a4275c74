"""The doors, where clients come in: the WebSocket, pages, and requests by HTTP."""
