"""Signing in and out, sessions, devices, and throttling of guesses."""
