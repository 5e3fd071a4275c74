"""The devices of people: browsers that have subscribed to Web Push, and the doors by which they do."""
