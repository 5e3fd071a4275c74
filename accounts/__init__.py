"""People: who they are, how they sign in, and who may come in where."""
