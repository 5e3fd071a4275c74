"""What one does with messages: change, select, find and read them."""
