"""The server's end of RFC 6455, and frames that wait for a slow reader."""
