"""People at a browser, and what they do with each part of the page."""
