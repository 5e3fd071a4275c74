"""The databases: opening them, statements over many rows, transactions, migrations."""
