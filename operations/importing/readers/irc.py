"""Logs of IRC: those of WeeChat (`irc.libera.#garden.weechatlog`) and irssi (`libera/#garden.log`). A file is
a channel, or what two wrote to each other. A log says no zone, so it is asked for.

https://weechat.org/files/doc/stable/weechat_user.en.html#logger_plugin
https://irssi.org/documentation/settings/#log"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from helpers.processes.terminal import Failure
from operations.importing.archives import Archive
from operations.importing.readers.shared import BadRecord, Options, checked_time
from operations.importing.records import Left, Message, Person, Record, Room, person_mark, unmarked

MAX_LINE = 64 * 1024

CHANNEL = "#&!+"
_WEECHAT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\t([^\t]*)\t(.*)")
_SAID = re.compile(r"(\d\d):(\d\d)(?::(\d\d))? <[ @+%&~]?([^ >]+)> (.*)")
_DONE = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?  ?\* ([^ ]+) (.*)")
_TIMED = re.compile(r"\d\d:\d\d(?::\d\d)? ")
_OPENED = re.compile(r"--- Log opened \w{3} (\w{3}) +(\d+) \d\d:\d\d:\d\d (\d{4})")
_DAY = re.compile(r"--- Day changed \w{3} (\w{3}) +(\d+) (\d{4})")
_FORMATS = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04[0-9A-Fa-f]{0,6}|[\x02\x0f\x11\x16\x1d\x1e\x1f]")
_CALLED = re.compile(r"([^\s:,]+)([:,]) ")
_SERVICE = ("-->", "<--", "--", "=!=", "⚡", "")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Irc(Options):
    name = "irc"
    label = "IRC"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._logs = [name for name in sorted(archive.names()) if name.endswith((".weechatlog", ".log"))]
        if not self._logs:
            raise Failure(f"{archive.name} has no logs (.weechatlog, .log)")
        self._people: set[str] = set()

    @staticmethod
    def fits(archive: Archive) -> bool:
        for name in archive.names():
            if name.endswith(".weechatlog"):
                return True
            if name.endswith(".log"):
                with archive.open(name) as file:
                    return file.read(14) == b"--- Log opened"
        return False

    def source(self) -> str:
        return ""

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(path)

    def read(self) -> Iterator[Record]:
        for name in self._logs:
            yield from self._log(name)

    def _log(self, name: str) -> Iterator[Record]:
        key, title = _place_of(name)
        members: dict[str, None] = {}
        times: Counter[tuple[int, str, str]] = Counter()
        for number, line in enumerate(self._lines(name), 1):
            try:
                said = line if line is None else self._said(line, name)
            except BadRecord as error:
                yield Left("lines that can't be read", f"{name}, line {number}: {error}")
                continue
            if said is None:
                continue
            at, nick, text, is_me = said
            if not nick:
                yield Left("service lines", f"{name}, line {number}")
                continue
            author = nick.lower()
            if author not in self._people:
                self._people.add(author)
                yield Person(author, nick)
            members[author] = None
            # The same may be said twice in a second, or in a minute.
            times[at, author, text] += 1
            told = f"{at}\x00{author}\x00{text}\x00{times[at, author, text]}"
            digest = hashlib.blake2b(told.encode(errors="surrogatepass"), digest_size=16).hexdigest()
            yield Message(digest, key, author, at, self._dialect(text), is_me)
        if not members:
            return
        if title[:1] in CHANNEL:
            yield Room(key, "open" if self.opens else "closed", title, tuple(members))
        else:
            yield Room(key, "direct" if len(members) == 2 else "closed", title, tuple(members))

    def _lines(self, name: str) -> Iterator[str]:
        self._day: tuple[int, int, int] | None = None
        with self._archive.open(name) as file:
            waiting = b""
            while data := file.read(MAX_LINE):
                *lines, waiting = (waiting + data).split(b"\n")
                for line in lines:
                    yield _decoded(line)
                if len(waiting) > MAX_LINE:
                    raise Failure(f"{name} in {self._archive.name} isn't a log: a line has no end")
            if waiting:
                yield _decoded(waiting)

    def _said(self, line: str, name: str) -> tuple[int, str, str, bool] | None:
        """Time, nick, text and whether it is what somebody does; no nick for a line of the program, None for
        one that says nothing."""
        if not line.strip():
            return None
        if name.endswith(".weechatlog"):
            return self._of_weechat(line)
        return self._of_irssi(line)

    def _of_weechat(self, line: str) -> tuple[int, str, str, bool]:
        found = _WEECHAT.fullmatch(line)
        if found is None:
            raise BadRecord("it isn't `time, nick, text`")
        when, prefix, text = found.groups()
        try:
            at = self._time(datetime.fromisoformat(when))
        except ValueError:
            raise BadRecord("its time can't be read") from None
        nick = prefix.strip()
        if nick == "*":
            nick, _, text = text.partition(" ")
            return at, nick, text, True
        return at, "" if nick in _SERVICE else nick.lstrip("@+%&~"), text, False

    def _of_irssi(self, line: str) -> tuple[int, str, str, bool] | None:
        if found := _OPENED.match(line) or _DAY.match(line):
            month, day, year = found.groups()
            if month not in _MONTHS:
                raise BadRecord("its month is written in another language")
            self._day = int(year), _MONTHS.index(month) + 1, int(day)
            return None
        found = _SAID.fullmatch(line) or _DONE.fullmatch(line)
        if found is None:
            if line.startswith("---") or _TIMED.match(line):
                return 0, "", "", False
            raise BadRecord("it isn't `time <nick> text`")
        if self._day is None:
            raise BadRecord("no day was told before")
        hour, minute, second, nick, text = found.groups()
        try:
            at = self._time(datetime(*self._day, int(hour), int(minute), int(second or 0)))
        except ValueError:
            raise BadRecord("its time can't be read") from None
        return at, nick, text, found.re is _DONE

    def _time(self, when: datetime) -> int:
        return checked_time(when.replace(tzinfo=self.zone).timestamp() * 1000)

    def _dialect(self, text: str) -> str:
        """Without colours. `nick: …` at its beginning calls whoever is known by then."""
        found = _CALLED.match(text)
        if found and found[1].lower() in self._people:
            return f"{person_mark(found[1].lower())}{found[2]} {text[found.end() :]}"
        return text


def _place_of(name: str) -> tuple[str, str]:
    """The key and the title of the channel that a file has, by the file's name."""
    folder, _, file = name.rpartition("/")
    if file.endswith(".weechatlog"):
        _, _, rest = file.removesuffix(".weechatlog").partition(".")
        server, _, title = rest.partition(".")
        return f"{server}/{title or server}".lower(), title or server
    title = file.removesuffix(".log")
    return f"{folder.rpartition('/')[2]}/{title}".lower(), title


def _decoded(line: bytes) -> str:
    line = line.removesuffix(b"\r")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    return unmarked(_FORMATS.sub("", text))
