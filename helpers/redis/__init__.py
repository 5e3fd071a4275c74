"""Redis: its client, and publish/subscribe over connections of our own, one server or a cluster."""
