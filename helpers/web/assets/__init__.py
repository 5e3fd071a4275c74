"""Static files: the scripts, styles and pictures of the pages."""
