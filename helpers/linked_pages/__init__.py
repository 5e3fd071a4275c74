"""What a page on the web says of itself: its title, its site, a description and a picture, fetched from a
checked address and read in a process of its own."""
