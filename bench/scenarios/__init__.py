"""What is measured: each scenario is a class, and never changes."""
