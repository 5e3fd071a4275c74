"""The catalogues of the site's languages, and what keeps them in step with the code."""
