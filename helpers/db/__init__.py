"""Databases: opening them, bulk statements, transactions, migrations."""
