"""`make reference`: the pages of docs/reference, brought up to date with the code."""
