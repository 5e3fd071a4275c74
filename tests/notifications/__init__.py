"""Tests of who is called by what."""
