"""What is written and not sent yet: the box, drafts, files, links."""
