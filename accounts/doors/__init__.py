"""The pages and commands of accounts."""
