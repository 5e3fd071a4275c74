"""What people are called, what they show of themselves, and how they are found."""
