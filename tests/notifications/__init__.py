"""What people are told of, and by which ways."""
