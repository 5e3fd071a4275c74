"""The documents lead where they say, and the first page of them leads to all."""

import re
from pathlib import Path

import pytest

from tests.support.servers import ROOT

PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _anchors(page: Path) -> set[str]:
    """Of its headings, as they are made in a repository's pages, and its own."""
    text = page.read_text()
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    words = (re.sub(r"[`*]|\[|\]\([^)]*\)", "", head).lower() for head in heads)
    own = re.findall(r'<a id="([^"]+)">', text)
    return {*own, *(re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in words)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in LINK.findall(re.sub(r"`[^`\n]*`", "", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            lost.append(link)
    assert not lost


def test_the_first_page_leads_to_all() -> None:
    first = ROOT / "docs" / "README.md"
    told = {(first.parent / link.partition("#")[0]).resolve() for link in LINK.findall(first.read_text())}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page.parent.name != "decisions"}
    assert pages - {first} <= told
