"""Rooms as people see them: their list, page, settings, log and picture."""
