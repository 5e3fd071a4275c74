"""Who has an account: names, passwords, profiles, pictures, and finding them."""
