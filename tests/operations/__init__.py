"""Running it: processes, databases, deployment, the command line."""
