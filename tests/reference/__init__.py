"""Tests of docs/reference and of what makes it."""
