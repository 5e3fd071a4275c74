"""The catalogues of the site's languages, and the script that updates them."""
