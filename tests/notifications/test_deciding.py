"""The rules by which people are called: which decides, and what becomes of each way."""

import dataclasses
from typing import Any

import pytest

from notifications import deciding
from notifications.deciding import (
    ALL,
    DND,
    MAIL,
    MENTIONS,
    NOTHING,
    ONLINE_MS,
    PAGE,
    PUSH,
    QUIET,
    RULES,
    WAYS,
    Facts,
    decide,
)

NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    ("facts", "rule", "kind"),
    [
        ({}, "nothing", None),
        ({"own": True, "named": True}, "own", None),
        ({"gone": True, "named": True}, "gone", None),
        ({"deleted": True, "named": True}, "deleted", None),
        ({"hidden": True, "named": True}, "hidden", None),
        ({"blocked": True, "direct": True, "level": ALL}, "blocked", None),
        ({"ignored": True, "named": True}, "ignored", None),
        ({"late": True, "named": True}, "late", None),
        ({"level": NOTHING, "named": True}, "muted", None),
        ({"level": NOTHING, "direct": True}, "muted", None),
        ({"direct": True, "level": ALL}, "direct", "direct"),
        ({"direct": True, "level": MENTIONS}, "nothing", None),
        ({"direct": True, "level": MENTIONS, "named": True}, "mention", "mention"),
        ({"named": True, "answered": True}, "mention", "mention"),
        ({"answered": True, "in_thread": True}, "answered", "thread"),
        ({"in_thread": True, "keyword": "fish"}, "thread", "thread"),
        ({"keyword": "fish", "group": "all"}, "keyword", "keyword"),
        ({"group": "all"}, "all", "group"),
        ({"group": "here"}, "here", "group"),
        ({"level": ALL}, "level", "room"),
        ({"level": ALL, "named": True}, "mention", "mention"),
        ({"event": "like"}, "liked", "like"),
        ({"event": "like", "level": NOTHING}, "liked", "like"),
        ({"event": "follow"}, "followed", "follow"),
        ({"event": "follow", "asks": True}, "asked", "follow"),
        ({"event": "comment", "answered": True}, "commented", "comment"),
        ({"event": "comment"}, "commented_too", "comment"),
        ({"event": "invitation"}, "invited", "invitation"),
        ({"event": "invitation", "blocked": True}, "blocked", None),
        ({"event": "outcome"}, "outcome", "outcome"),
    ],
)
def test_the_first_rule_that_applies_decides(facts: dict[str, Any], rule: str, kind: str | None) -> None:
    decision = decide(Facts(**facts))
    assert (decision.rule, decision.kind) == (rule, kind)
    assert bool(decision.ways) == (kind is not None)


def test_every_rule_decides_something_here() -> None:
    cases = next(
        mark for mark in test_the_first_rule_that_applies_decides.pytestmark if mark.name == "parametrize"
    ).args[1]
    assert {rule for _, rule, _ in cases} == {rule.name for rule in RULES}
    assert {rule.kind for rule in RULES} - {None} == set(deciding.KINDS)


def outcomes(**facts: Any) -> dict[str, str]:
    decision = decide(Facts(**{"named": True, "now": NOW, **facts}))
    return {way: found.silence or found.outcome for way, found in decision.ways.items()}


def test_each_way_has_an_outcome() -> None:
    assert outcomes() == dict.fromkeys(WAYS, "told")
    assert outcomes(read=True) == dict.fromkeys(WAYS, "read")
    assert outcomes(reachable=frozenset({PAGE})) == {PAGE: "told", PUSH: "unreachable", MAIL: "unreachable"}
    assert outcomes(ways={"mention": frozenset({MAIL})}) == {PAGE: "off", PUSH: "off", MAIL: "told"}
    assert outcomes(ways={"direct": frozenset(WAYS)}) == dict.fromkeys(WAYS, "off")


def test_silence_is_for_all_ways_and_mail_waits_for_the_end_of_quiet_hours() -> None:
    assert outcomes(silence=DND) == dict.fromkeys(WAYS, DND)
    quiet = decide(Facts(named=True, silence=QUIET, silence_until=NOW + 9_000_000, now=NOW))
    assert {way: found.silence for way, found in quiet.ways.items()} == {PAGE: QUIET, PUSH: QUIET, MAIL: ""}
    assert quiet.ways[MAIL].due_at == NOW + 9_000_000
    soon = dataclasses.replace(Facts(named=True, silence=QUIET, now=NOW), silence_until=NOW + 1)
    assert decide(soon).ways[MAIL].due_at == NOW + 15 * 60_000


def test_a_push_leaves_time_to_read_to_who_is_online() -> None:
    assert decide(Facts(named=True, now=NOW)).ways[PUSH].due_at == NOW
    assert decide(Facts(named=True, now=NOW, online=True)).ways[PUSH].due_at == NOW + ONLINE_MS
    assert decide(Facts(named=True, now=NOW, mail_ms=60_000)).ways[MAIL].due_at == NOW + 60_000
