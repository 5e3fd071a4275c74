"""Connections that post, listen and count, for every protocol, cheaper than the server that is measured."""
