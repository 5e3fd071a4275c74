"""A module for each format: it reads an archive into records, and stores nothing."""
