"""How the history of rooms is written: in one order, many lines in a commit."""
