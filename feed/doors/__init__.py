"""The ways in: pages and forms, the stream of events, pictures."""
