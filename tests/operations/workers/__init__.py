"""Several workers of one site."""
