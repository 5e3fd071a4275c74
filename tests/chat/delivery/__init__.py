"""From a commit to everybody who is connected."""
