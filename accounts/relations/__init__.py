"""Who follows and who blocks whom, and what follows from it for who sees what."""
