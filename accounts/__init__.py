"""Accounts: people, signing in, relations between people, personal data."""
