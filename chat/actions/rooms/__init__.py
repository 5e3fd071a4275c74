"""What is done about rooms as a whole: they are made, named, opened, closed, handed over and deleted."""
