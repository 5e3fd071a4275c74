"""Signing in and out, sessions and devices, and what slows guessing down."""
