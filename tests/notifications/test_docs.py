"""docs/notifications.md has the rules as they are."""

import re

from notifications.deciding import KINDS, RULES, USUAL_WAYS, WAY_RULES, WAYS
from notifications.keywords import MAX_LENGTH, MAX_WORDS
from notifications.why import BEFORE, NOT_MEMBER, UNHEARD
from notifications.words import KINDS as KIND_WORDS
from notifications.words import RULES as RULE_WORDS
from notifications.words import WAYS as WAY_WORDS
from tests.support.servers import ROOT

PAGE = (ROOT / "docs/notifications.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The rows of the section's table, without its head."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in found[1:]]


def test_the_rules_stand_there_in_their_order() -> None:
    told = {rule.name: f"`{rule.kind}`" if rule.kind else "nothing" for rule in RULES}
    assert [(name.strip("`"), kind) for name, _, kind in rows("What decides")] == list(told.items())


def test_the_outcomes_stand_there_in_their_order() -> None:
    shown = [name.strip("`") for name, _ in rows("What becomes of each way")]
    assert shown == [rule.outcome for rule in WAY_RULES]


def test_everything_has_words() -> None:
    assert set(RULE_WORDS) == {rule.name for rule in RULES} | {NOT_MEMBER, BEFORE, UNHEARD}
    assert tuple(KIND_WORDS) == KINDS == tuple(USUAL_WAYS)
    assert tuple(WAY_WORDS) == WAYS
    assert set(re.findall(r"Keywords \((\d+), of up to (\d+) letters\)", PAGE)) == {
        (str(MAX_WORDS), str(MAX_LENGTH))
    }
