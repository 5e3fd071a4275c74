"""Results, and how they are shown: tables, JSON, plots, and how fast the machine itself is."""
