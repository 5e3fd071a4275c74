"""What comes: connections, addresses, bodies and forms, and what they may cost."""
