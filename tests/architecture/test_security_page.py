"""docs/security.md names tests as evidence: each is there."""

import re

from settings import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = re.compile(r"`(?:tests/)?((?:[a-z_]+/)*test_\w+\.py)?(?:::(test_\w+))?`")


def test_every_test_that_is_named_is_there() -> None:
    file, count = "", 0
    for path, name in NAMED.findall(PAGE):
        file = path or file
        if not path and not name:
            continue
        count += 1
        text = (ROOT / "tests" / file).read_text()
        assert not name or f"def {name}(" in text, (file, name)
    assert count > 50


def test_every_link_leads_to_a_heading() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in PAGE.splitlines()
        if line.startswith("#")
    }
    links = re.findall(r"\]\(#([^)]+)\)", PAGE)
    assert links
    assert set(links) <= headings
