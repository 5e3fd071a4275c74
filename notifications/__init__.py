"""Notices: what people are told of what concerns them, by the page, by push and by mail. It is decided
after the commit, in one place, from one table of rules."""
