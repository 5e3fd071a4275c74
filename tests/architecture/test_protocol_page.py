"""docs/protocol.md, the server's classes and the browser's reducers name the same things."""

import re
from importlib import import_module
from typing import get_args

import msgspec

from chat.events import CATALOGUE, Close, Event
from chat.personal_events import PERSONAL_CATALOGUE
from chat.requests import Enter, Exit, Frame
from helpers.errors import STATUSES
from helpers.storage.store import StorageError
from tests.support.servers import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text()
REDUCERS = (ROOT / "static" / "js" / "state" / "reducers.js").read_text()
CONNECTION = (ROOT / "static" / "js" / "server" / "site_connection.js").read_text()
REQUESTS = {str(kind.__struct_config__.tag): kind for kind in get_args(Frame)}
PERSONAL_REQUESTS = {str(kind.__struct_config__.tag): kind for kind in (Enter, Exit)}


def section(title: str) -> str:
    found = re.search(rf"^### {title}$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/protocol.md has no section {title}"
    return found.group(1)


def table(title: str) -> dict[str, str]:
    """The first two columns of a section's table."""
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", section(title), re.MULTILINE)
    return {name: fields for name, fields in rows}


def fields_of(text: str) -> set[str]:
    """The names in backquotes, without those of objects within."""
    return set(re.findall(r"`(\w+)`", re.sub(r"\[?\{[^}]*\}\]?", "", text)))


def members_of(text: str, field: str) -> set[str]:
    """The names within the braces after a field."""
    found = re.search(rf"`{field}` \[?\{{([^}}]*)\}}", text)
    return set(re.findall(r"`(\w+)`", found.group(1))) if found else set()


def test_the_events() -> None:
    assert set(table("Events")) == set(CATALOGUE)


def test_the_fields_of_events() -> None:
    for name, text in table("Events").items():
        assert fields_of(text) == set(CATALOGUE[name].__struct_fields__), name


def test_the_fields_within_hello() -> None:
    text = table("Events")["hello"]
    kinds = {field.name: field.type for field in msgspec.structs.fields(CATALOGUE["hello"])}
    for name in ("room", "you"):
        assert members_of(text, name) == set(kinds[name].__struct_fields__), name
    assert members_of(text, "commands") == set(get_args(kinds["commands"])[0].__struct_fields__)


def test_the_browser_has_a_reducer_for_each_event() -> None:
    body = REDUCERS.partition("export const reducers = {\n")[2].partition("\n};")[0]
    assert set(re.findall(r"^  (\w+)(?=[(:])", body, re.MULTILINE)) == set(CATALOGUE)


def test_the_requests() -> None:
    assert set(table("Requests")) == set(REQUESTS)
    for name, text in table("Requests").items():
        assert fields_of(text) == set(REQUESTS[name].__struct_fields__), name


def test_the_browser_asks_for_nothing_else() -> None:
    scripts = "\n".join(path.read_text() for path in (ROOT / "static" / "js").rglob("*.js"))
    requests = REQUESTS.keys() | PERSONAL_REQUESTS.keys()
    sent = set(re.findall(r'send\(\{ *type: "(\w+)"', scripts))
    asked = set(re.findall(r'\btype: "(\w+)"', scripts)) & (requests | sent)
    assert requests >= asked >= {"post", "read", "edit", "delete", "undelete", "react", "pin", "typing"}
    assert requests >= sent >= PERSONAL_REQUESTS.keys()


def test_what_personal_sockets_have_of_their_own() -> None:
    told = table("Over a personal socket is told")
    assert set(told) == set(PERSONAL_CATALOGUE)
    for name, text in told.items():
        assert fields_of(text) == set(PERSONAL_CATALOGUE[name].__struct_fields__), name
        assert f'event.type === "{name}"' in CONNECTION, name
    asked = table("Over a personal socket is asked")
    for name, kind in PERSONAL_REQUESTS.items():
        assert fields_of(asked.pop(name)) == set(kind.__struct_fields__)
    assert not asked


def test_the_error_codes() -> None:
    code = "\n".join(
        path.read_text() for folder in ("chat", "weather") for path in (ROOT / folder).rglob("*.py")
    )
    used = set(re.findall(r'\b(?:ActionError|Error)\(\s*"(\w+)"', code))
    assert used, "the codes are read from the code"
    used |= {StorageError("", is_full=is_full).code for is_full in (False, True)}
    assert set(re.findall(r"`(\w+)`", section("Error codes"))) == used
    import_module("app")  # with all parts, which declare theirs
    assert used <= STATUSES.keys(), "each has a status for HTTP"


def test_the_close_codes() -> None:
    own = {value for name, value in vars(Close).items() if name.isupper()}
    stated = [
        int(code)
        for row in re.findall(r"^\| ([\d, ]+) \|", section("Close codes"), re.MULTILINE)
        for code in row.split(",")
    ]
    assert {code for code in stated if code >= 4000} == own
    assert len(stated) == len(set(stated))


def test_whether_to_come_back_follows_from_the_code() -> None:
    for codes, answer in re.findall(r"^\| ([\d, ]+) \| (yes|no)\b", section("Close codes"), re.MULTILINE):
        for code in codes.split(","):
            if int(code) >= 4000:
                assert answer == ("no" if int(code) >= 4500 else "yes"), code


def test_every_event_is_of_its_base_alone() -> None:
    assert all(kind.__bases__ == (Event,) for kind in CATALOGUE.values()), (
        "the catalogue holds the direct ones"
    )
