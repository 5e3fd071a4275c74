"""Browsers, keyboards, languages, letters and addresses that aren't the usual ones."""
