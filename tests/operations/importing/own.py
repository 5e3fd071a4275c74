"""Makes archives as `aiochat export` writes them."""

from pathlib import Path
from typing import Any

from helpers.clock import iso
from tests.operations.importing.makers import AT, Json, lines, zipped

ABOVE = "../../people.jsonl"


def at(second: float) -> str:
    """The time so much later, as `aiochat export` writes it."""
    return iso(AT * 1000 + round(second * 1000))


def _own_room(name: str, kind: str, members: dict[str, str], *messages: Json, **fields: Any) -> bytes:
    shown = {"alice": "Alice A."}
    told = [
        {"name": one, "display_name": shown.get(one, ""), "role": role, "joined_at": at(0)}
        for one, role in members.items()
    ]
    head = {"type": "room", "format": 1, "name": name, "title": name, "kind": kind, "topic": ""}
    head |= {"created_at": at(0), "archived": False, "members": told, **fields}
    return lines([head, *messages])


def _own(number: int, author: str, text: str, second: float, **fields: Any) -> Json:
    told = {"type": "message", "number": number, "kind": "post", "at": at(second), "author": author}
    told |= {"author_name": author, "text": text, "reply_to": None, "edited_at": None, "pinned": False}
    return {**told, "reactions": {}, "files": [], **fields}


def of_a_site(path: Path) -> Path:
    """What another site of aiochat has exported, and a line and a file that can't be."""
    notes = {"name": "notes.txt", "type": "text/plain", "size": 5, "description": "what we said"}
    garden = _own_room(
        "Garden",
        "open",
        {"alice": "owner", "bob": "moderator", "Zoë": "member"},
        _own(
            *(1, "alice", "**hello** @bob, @Zoë. and @alice: `@alice` in #garden", 1.123),
            edited_at=at(70.009),
            pinned=True,
            reactions={"🎉": ["bob", "Zoë"], "👍": ["alice"]},
        ),
        _own(2, "bob", "yes, @alice!", 2, reply_to=1, files=[{**notes, "path": "files/2-0-notes.txt"}]),
        _own(4, "Zoë", "waves\n\n> twice\n> 🌱", 3, kind="me"),
        _own(5, "bob", "a third in the thread", 4, reply_to=1),
        _own(
            6,
            "bob",
            "from above",
            5,
            files=[{**notes, "name": "../../people.jsonl", "path": "../../people.jsonl"}],
        ),
        {"type": "message", "author": "bob", "text": "without a number", "at": at(6)},
        title="The garden",
        topic="beans & peas",
    )
    people = [
        {"name": name, "display_name": shown, "email": email, "created_at": at(0)}
        for name, shown, email in (
            ("alice", "Alice A.", "alice@there.example"),
            ("bob", "", ""),
            ("Zoë", "", ""),
        )
    ]
    both, three = {"alice": "member", "bob": "member"}, {"alice": "member", "bob": "member", "Zoë": "member"}
    return zipped(
        path,
        {
            "people.jsonl": lines(people),
            "rooms/Garden/messages.jsonl": garden,
            "rooms/Garden/files/2-0-notes.txt": b"notes",
            "rooms/Vault/messages.jsonl": _own_room(
                "Vault", "closed", {"alice": "owner"}, _own(1, "alice", "gold", 9), archived=True
            ),
            "rooms/dm/messages.jsonl": _own_room("dm", "direct", both, _own(1, "bob", "between us", 8)),
            "rooms/gm/messages.jsonl": _own_room("gm", "group", three, _own(1, "Zoë", "among us", 7)),
        },
    )


def of_a_talk(folder: Path, count: int) -> Path:
    """A room with many messages, unpacked."""
    there = folder / "rooms" / "Talk"
    there.mkdir(parents=True)
    said = (_own(number + 1, "bob", f"message {number}", number) for number in range(count))
    (there / "messages.jsonl").write_bytes(_own_room("Talk", "open", {"bob": "owner"}, *said))
    return folder
