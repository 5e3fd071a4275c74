"""Other chat servers, each in a small file written as its framework's tutorial does it, to be
measured beside aiochat."""
