"""HTTP and WebSocket as bytes, for what no proper client sends."""
