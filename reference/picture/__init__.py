"""`make picture`: docs/page.svg, the page of a room in the demo's office, drawn from what a browser shows."""
