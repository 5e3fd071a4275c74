"""The state of a room as one of its people has it: from a page, changed by events as
docs/protocol.md says."""

import json
import re
from typing import Any

from helpers.text.durations import parse_duration
from tests.support.people import JsonObject, Person

JOINED = ("created", "joined", "readmitted")
LINE_FIELDS = (
    *("seq", "number", "kind", "author", "text", "at", "html", "target", "reply_to", "quote"),
    *("edited_at", "deleted", "reactions", "pinned", "mentions", "files", "role"),
)
ROOM_FIELDS = ("kind", "title", "last_number", "read_number", "mentions")


async def embedded(person: Person, room: str) -> JsonObject:
    """The state that the server embeds in the room's page."""
    async with person.http.get(f"/rooms/{room}") as answer:
        assert answer.status == 200, await answer.text()
        text = await answer.text()
    found = re.search(r'id="room-state">(.*?)</script>', text, re.DOTALL)
    assert found, text
    state: JsonObject = json.loads(found.group(1))
    return state


def _line(event: JsonObject) -> JsonObject:
    """What a line shows. What says nothing is left out."""
    kind = "cleared" if event["type"] == "cleared" else event["kind"]
    shown = {name: event[name] for name in LINE_FIELDS if event.get(name) not in (None, False)}
    return {**shown, "kind": kind}


MODES = {"locked": True, "unlocked": False, "archived": True, "unarchived": False, "slow": None, "picture": 0}


def _with_mode(room: JsonObject, kind: str, text: str) -> JsonObject:
    """The room after a line of one of these kinds. What is off is left out."""
    name: str
    value: int | None
    if kind == "picture":
        name, value = "picture", int(text)
    elif kind == "slow":
        name, value = "slow", 0 if text == "off" else parse_duration(text)
    else:
        name, value = kind.removeprefix("un"), MODES[kind]
    return {**{key: known for key, known in room.items() if key != name}, **({name: value} if value else {})}


USUAL = {
    "post": "members",
    "invite": "usual",
    "pin": "moderators",
    "mention": "usual",
    "topic": "moderators",
}
"""Who may do what where nobody has chosen."""


def _with_right(room: JsonObject, right: str, who: str) -> JsonObject:
    """The room after a line of the kind `rights`."""
    rights = {**room.get("rights", {}), right: who}
    if who == USUAL[right] or (right, who) == ("post", "moderators"):
        del rights[right]
    locked = who != "members" if right == "post" else room.get("locked")
    others = {name: value for name, value in room.items() if name not in ("rights", "locked")}
    return {**others, **({"rights": rights} if rights else {}), **({"locked": True} if locked else {})}


class RoomState:
    """What somebody knows of a room and of their other rooms. `shown()` is compared."""

    def __init__(self, page: JsonObject) -> None:
        self.room: JsonObject = page["room"]
        self.you: JsonObject = page["you"]
        self.commands: list[JsonObject] = page["commands"]
        self.may: list[str] = page["may"]
        self.epoch: str = page["epoch"]
        self.last_seq: int = page["last_seq"]
        self.lines: dict[int, JsonObject] = {line["seq"]: _line(line) for line in page["messages"]}
        self.members: dict[str, JsonObject] = {one["name"]: one for one in page["members"]}
        self.online: dict[str, tuple[int, bool]] = {}
        """Who is online, and as of which version."""
        self.rooms: dict[str, JsonObject] = {room["name"]: dict(room) for room in page["rooms"]}
        """One's own, with what is unread in them."""
        self.invitations: list[JsonObject] = page["invitations"]
        self.outcomes: list[JsonObject] = page["outcomes"]
        self.held: list[JsonObject] = page["held"]
        self.ignored: list[str] = page["ignored"]
        self.typing: set[str] = set()
        self.edited: set[int] = set()
        """Posts whose quotes may show an older text: a quote is of the time when its line was
        told."""
        self.is_gone = False
        version = page["online"]["version"]
        for name, member in self.members.items():
            self._note_online(version, name, online=member["present"])
        self._online(page["online"])
        self.reload_at = 0
        """The history up to this seq is to be loaded anew."""

    def reload(self, fresh: "RoomState") -> None:
        """Loads anew what is to be: from a page that was loaded afterwards."""
        known = {seq: line for seq, line in self.lines.items() if seq > self.reload_at}
        self.lines = {seq: line for seq, line in fresh.lines.items() if seq <= self.reload_at} | known

    @property
    def here(self) -> JsonObject:
        """The room itself among one's own."""
        found: JsonObject = self.rooms.setdefault(
            self.room["name"], {"last_number": 0, "read_number": 0, "mentions": 0}
        )
        return found

    def shown(self) -> JsonObject:
        lines = [self.lines[seq] for seq in sorted(self.lines)]
        return {
            "room": self.room,
            "you": self.you,
            "commands": self.commands,
            "may": self.may,
            "epoch": self.epoch,
            "last_seq": self.last_seq,
            "lines": lines,
            "members": {
                name: {**member, "present": self.is_online(name)} for name, member in self.members.items()
            },
            "contacts": {name: self.is_online(name) for name in self._contacts},
            "rooms": {
                name: {
                    **{field: room.get(field) for field in ROOM_FIELDS},
                    "deleted": room.get("deleted", 0),
                    "archived": bool(room.get("archived")),
                    "reports": room.get("reports", 0),
                }
                for name, room in self.rooms.items()
            },
            "invitations": self.invitations,
            "outcomes": self.outcomes,
            "held": self.held,
            "ignored": self.ignored,
            "typing": sorted(self.typing),
        }

    def take(self, event: JsonObject) -> None:
        """Applies an event; those that change nothing are ignored."""
        change = getattr(self, f"_{event['type']}", None)
        if change:
            change(event)

    def read(self, number: int, *, back: bool) -> None:
        """The person has said how far they have read, and the server has stored it."""
        self.here["read_number"] = number if back else max(self.here["read_number"], number)

    def _hello(self, event: JsonObject) -> None:
        self.room, self.you, self.epoch = event["room"], event["you"], event["epoch"]
        self.commands, self.may = event["commands"], event["may"]
        self._forget(self.room.get("first_seq", 0))

    def _forget(self, before: int) -> None:
        """Lines before this seq aren't kept any more."""
        self.lines = {seq: line for seq, line in self.lines.items() if seq >= before}

    def _expired(self, event: JsonObject) -> None:
        self.room = {**self.room, "first_seq": event["before"]}
        self._forget(event["before"])

    def _message(self, event: JsonObject) -> None:
        line = _line(event)
        self.lines[event["seq"]] = line
        if event["seq"] <= self.last_seq:
            return
        self.last_seq = event["seq"]
        self.typing -= {line["author"], line.get("target", "")}
        if "number" in line:
            self.here["last_number"] = line["number"]
            if line["author"] == self.you["name"]:
                # What one writes is read, and so is what stands above.
                self.here["read_number"] = line["number"]
                self.here.update(mentions=0, deleted=0)
        elif line["kind"] == "uncleared":
            self.reload_at = line["seq"]
        elif line["kind"] == "kind":
            self.room = {**self.room, "kind": line["text"]}
        elif line["kind"] == "history":
            others = {name: value for name, value in self.room.items() if name != "hides_past"}
            self.room = others if line["text"] == "all" else {**others, "hides_past": True}
        elif line["kind"] == "retention":
            days = line["text"].split()[0]
            room = {name: value for name, value in self.room.items() if name != "kept_days"}
            self.room = room if days == "off" else {**room, "kept_days": int(days)}
        elif line["kind"] == "rights":
            self.room = _with_right(self.room, *line["text"].split(" "))
        elif line["kind"] in MODES:
            self.room = _with_mode(self.room, line["kind"], line["text"])
        elif line["kind"] in ("topic", "title"):
            self.room = {**self.room, line["kind"]: line["text"]}
        elif line["kind"] == "name":
            here = self.rooms.pop(self.room["name"], None)
            self.room = {**self.room, "name": line["text"]}
            if here is not None:
                self.rooms[line["text"]] = {**here, "name": line["text"]}
        else:
            self._change_members(event)

    def _change_members(self, event: JsonObject) -> None:
        kind: str = event["kind"]
        name: str = event["target"] if "target" in event else event["author"]
        known = self.members.get(name, {"name": name, "role": "member"})
        if kind in JOINED:
            self.members[name] = known
        elif kind == "role":
            self.members[name] = {**known, "role": event["role"]}
        elif kind == "ended":
            self.is_gone = True
        elif kind in ("left", "killed", "banned"):
            self.members.pop(name, None)
            self.is_gone |= name == self.you["name"]

    def _changed(self, event: JsonObject) -> None:
        self.last_seq = max(self.last_seq, event["seq"])
        self.lines[event["of"]] = _line({**event, "seq": event["of"]})
        self.edited.add(event["number"])

    def _cleared(self, event: JsonObject) -> None:
        self.last_seq = max(self.last_seq, event["seq"])
        self.lines = {seq: line for seq, line in self.lines.items() if seq > event["seq"]}
        self.lines[event["seq"]] = _line(event)
        # What is gone is not unread.
        self.here.update(read_number=self.here["last_number"], mentions=0, deleted=0)

    def _caught_up(self, event: JsonObject) -> None:
        self.last_seq = max(self.last_seq, event["seq"])

    def _typing(self, event: JsonObject) -> None:
        if event["on"]:
            self.typing.add(event["name"])
        else:
            self.typing.discard(event["name"])

    def _presence(self, event: JsonObject) -> None:
        member = self.members.get(event["name"])
        if member:
            told = {"status": "status", "status_text": "text", "status_until": "until"}
            rest = {name: value for name, value in member.items() if name not in told}
            news = {name: event[field] for name, field in told.items() if event.get(field)}
            self.members[event["name"]] = {**rest, **news}

    @property
    def _contacts(self) -> list[str]:
        """With whom they have a conversation of two."""
        return [room["title"] for room in self.rooms.values() if room.get("kind") == "direct"]

    def is_online(self, name: str) -> bool:
        return self.online.get(name, (0, False))[1]

    def _note_online(self, version: int, name: str, *, online: bool) -> None:
        if name not in self.online or self.online[name][0] <= version:
            self.online[name] = version, online

    def _online(self, event: JsonObject) -> None:
        names, offline = event.get("names", []), event.get("offline", [])
        for name in names:
            self._note_online(event["version"], name, online=True)
        if event.get("whole"):
            offline = [name for name in self._contacts if name not in names]
        for name in offline:
            self._note_online(event["version"], name, online=False)

    def _unread(self, event: JsonObject) -> None:
        whole, before = event.get("whole", False), self.rooms
        if whole:
            self.rooms = {}
            self.invitations = event.get("invitations", [])
            self.outcomes = event.get("outcomes", [])
            self.held = event.get("held", [])
            self.ignored = event.get("ignored", [])
        for news in event["rooms"]:
            known = before.get(news["name"], {})
            left_out = {name: 0 if whole else known.get(name, 0) for name in ("deleted", "reports")}
            left_out["archived"] = False if whole else known.get("archived", False)
            room = {**known, **left_out, **news}
            if news["name"] == self.room["name"] and known:
                # Of this room the messages tell, and what was read here may not be stored yet.
                room["last_number"] = known["last_number"]
                if "read_number" in news:
                    _keep_later(room, known, news, whole=whole)
                self.room = {**self.room, "title": room.get("title", self.room["title"])}
            self.rooms[news["name"]] = room


def _keep_later(room: JsonObject, known: JsonObject, news: JsonObject, *, whole: bool) -> None:
    """Keeps the later one of two marks: that which went back more often, of two alike the further."""
    room["times_back"] = news.get("times_back", 0)
    went_back = room["times_back"] - known.get("times_back", 0)
    if went_back < 0 and not whole:
        room.update(times_back=known["times_back"], read_number=known["read_number"])
    elif went_back <= 0:
        room["read_number"] = max(known["read_number"], news["read_number"])


def without_old_quotes(shown: JsonObject, edited: set[int]) -> JsonObject:
    """Without the quotes of posts that were edited since they were quoted."""
    lines = [
        {name: value for name, value in line.items() if name != "quote"}
        if line.get("reply_to") in edited
        else line
        for line in shown["lines"]
    ]
    return {**shown, "lines": lines}


def differences(told: Any, fresh: Any, path: str = "") -> list[str]:
    """Where two states differ."""
    if isinstance(told, dict) and isinstance(fresh, dict):
        return [
            found
            for name in sorted({*told, *fresh})
            for found in differences(told.get(name), fresh.get(name), f"{path}.{name}")
        ]
    if isinstance(told, list) and isinstance(fresh, list) and len(told) == len(fresh):
        return [
            found
            for index, pair in enumerate(zip(told, fresh, strict=True))
            for found in differences(*pair, f"{path}[{index}]")
        ]
    return [] if told == fresh else [f"{path}: told {told!r}, a fresh load shows {fresh!r}"]
