"""The house keeps its own rules: read from the files themselves."""
