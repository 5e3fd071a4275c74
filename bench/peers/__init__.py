"""Other chat servers to measure beside aiochat, each in a small file as in its framework's
tutorial."""
