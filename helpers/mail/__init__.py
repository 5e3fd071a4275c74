"""Mail: what one looks like, the server that takes it, and the queue in which it waits."""
