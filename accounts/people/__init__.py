"""People with accounts: names, passwords, profiles, pictures, lookup."""
