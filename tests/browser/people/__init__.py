"""Who is here, what they are called, and what they hear of each other."""
