"""Sites of their own: large ones, linked ones, those whose database is saved, and what is asked of them."""
