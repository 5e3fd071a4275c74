"""The pages and commands by which people reach their accounts."""
