"""The pages of notices, and what programs ask of them."""
