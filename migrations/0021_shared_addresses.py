"""Several accounts may give one e-mail address, since nobody has shown yet whose it is: accounts/models.py says how it
is stored. The index finds them all, whatever the database's collation."""

from helpers.migrations import statement

__depends__ = {"0020_purge"}

steps = [
    statement("CREATE INDEX users_by_address ON users (email COLLATE {by_bytes})"),
]
