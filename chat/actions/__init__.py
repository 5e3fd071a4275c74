"""Actions: the only code that changes a room. Each checks the permission inside its transaction."""
