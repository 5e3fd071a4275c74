"""Accounts, profiles, relations."""
