"""What nobody may do, and what no input breaks."""
