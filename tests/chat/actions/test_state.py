"""What a page had, changed by what it was told, is what a page shows that is loaded now: for each
request and command, by the protocol's rules and by the browser's own reducers."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from chat.commands import COMMANDS
from chat.requests import Request
from tests.chat.actions.state_cases import CASES as STEPS
from tests.chat.actions.state_cases import WEATHER_AWAY
from tests.chat.actions.undo_cases import UNDO_CASES
from tests.conftest import Cast
from tests.support.people import JsonObject, Person
from tests.support.room_state import differences
from tests.support.servers import ROOT, Aiochat
from tests.support.state_stories import ANSWERS, Case, Seen, play

CASES = [*STEPS, *UNDO_CASES]
REPLAY = ROOT / "tests/js/state/replay_state.mjs"

Outcomes = dict[str, list[Seen] | BaseException]

_played: dict[str, Outcomes] = {}
"""By server. The stories are played once, beside each other: most of their time is waiting."""

_replayed: dict[str, dict[str, list[str]]] = {}


@pytest.fixture
async def outcomes(request: pytest.FixtureRequest, chat: Aiochat) -> Outcomes:
    """What became of each case that is tested in this run."""
    if chat.url not in _played:
        calls = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
        asked = {params["case"].id for params in calls if isinstance(params.get("case"), Case)}
        boss = Person(chat.url, "boss")
        cast = Cast(chat.url, boss, [boss])
        _played[chat.url] = await play([case for case in CASES if case.id in asked], cast)
        await cast.close()
    return _played[chat.url]


@pytest.fixture
def replayed(outcomes: Outcomes, chat: Aiochat, tmp_path: Path) -> dict[str, list[str]]:
    """Where a page differs from a page loaded afterwards, by case."""
    if shutil.which("node") is None:
        pytest.skip("the browser's reducers are left out: there is no node")
    if chat.url not in _replayed:
        _replayed[chat.url] = _replay(outcomes, tmp_path / "recordings.json")
    return _replayed[chat.url]


def _replay(outcomes: Outcomes, path: Path) -> dict[str, list[str]]:
    recorded: list[tuple[str, str, JsonObject]] = [
        (case, seen.name, seen.recording)
        for case, outcome in outcomes.items()
        if not isinstance(outcome, BaseException)
        for seen in outcome
        if seen.recording
    ]
    path.write_text(json.dumps([recording for _, _, recording in recorded]))
    node = subprocess.run(["node", REPLAY, path], stdout=subprocess.PIPE, check=True)
    found: dict[str, list[str]] = {}
    for (case, name, _), (told, fresh) in zip(recorded, json.loads(node.stdout), strict=True):
        found.setdefault(case, []).extend(f"{name}: {one}" for one in differences(told, fresh))
    return found


each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def _seen(outcomes: Outcomes, case: Case) -> list[Seen]:
    outcome = outcomes[case.id]
    if isinstance(outcome, BaseException):
        raise RuntimeError(f"the story of {case.id} broke") from outcome
    return outcome


@each
async def test_what_is_told_is_what_a_fresh_load_shows(outcomes: Outcomes, case: Case) -> None:
    found = [f"{seen.name}: {one}" for seen in _seen(outcomes, case) for one in seen.differences]
    assert not found, "\n".join(found)


@each
async def test_a_page_shows_what_a_fresh_page_shows(
    outcomes: Outcomes, replayed: dict[str, list[str]], case: Case
) -> None:
    _seen(outcomes, case)
    assert not replayed.get(case.id), "\n".join(replayed[case.id])


async def test_every_request_and_every_command_has_a_story(alice: Person, lobby: str) -> None:
    requests: Any = get_args(Request)
    # A command comes as a post, and has no type of its own.
    types = {request.__struct_config__.tag for request in requests} - {None}
    at_alice = await alice.enters(lobby)
    # The owner is told of all commands: those of the chat, and those that other parts add.
    told = {one["name"]: one["aliases"] for one in at_alice.heard("hello")[0]["commands"]}
    assert COMMANDS.keys() <= told.keys()
    names = {alias: name for name, aliases in told.items() for alias in (name, *aliases)}
    steps = [(what, code) for case in CASES for _, what, *code in case.does]
    done = {_action(what, names) for what, code in steps if not code or code == [WEATHER_AWAY]}
    assert done == types | {f"/{name}" for name in told} | {*ANSWERS}
    assert max(Counter(case.id for case in CASES).values()) == 1


def _action(what: str | JsonObject, names: Mapping[str, str]) -> str:
    """The type of a request, or the name of a command."""
    if not isinstance(what, str):
        return str(what["type"])
    return f"/{names[what.split()[0][1:]]}" if what.startswith("/") else "post"
