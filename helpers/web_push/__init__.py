"""Web Push: messages to browsers by way of the services of their makers (RFC 8030), which can't read them."""
