"""What it needs breaks or is away, and it is killed."""
