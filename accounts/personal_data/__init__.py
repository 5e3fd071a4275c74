"""Deletion of accounts, and the download of personal data."""
