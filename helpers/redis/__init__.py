"""Redis: its client, and publish/subscribe over connections of our own, on one server or a
cluster."""
