"""The server side of RFC 6455, and buffered frames for slow clients."""
