"""What an operator does with a site as a whole: backup, restore and verification."""
