"""What people do in rooms."""
