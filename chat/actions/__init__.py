"""What people do in rooms: the only code that changes one. Each checks the permission in its
transaction."""
