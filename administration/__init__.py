"""The site, run by its people: the pages under /admin, and the commands of the shell for the same."""
