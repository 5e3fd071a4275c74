"""A site that looks like an office in use: `make demo`."""
