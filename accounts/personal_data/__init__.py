"""An account's end, and the download of one's own data."""
