"""The pages and commands of those who run the site."""
