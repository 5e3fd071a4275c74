"""The tests: stories of people on real servers, and the house's own rules."""
