"""JSON of any length that is read piece by piece: one item is in memory at a time."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any, NoReturn

from helpers.processes.terminal import Failure

CHUNK = 1024 * 1024
MAX_ITEM = 16 * 1024 * 1024
"""Characters of one item. The longest messages of other chats, with all that hangs on them, have some
hundred thousand."""

_SPACE = re.compile(r"[ \t\r\n]*")


def _refuse(value: str) -> NoReturn:
    raise ValueError(f"{value} is no number")


_decoder = json.JSONDecoder(parse_constant=_refuse)


class JsonStream:
    """`name` is how the file is called in messages. Everything raises Failure for what isn't JSON."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name
        self._text = ""
        self._place = 0
        self._is_over = False
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()

    def items(self) -> Iterator[Any]:
        """The items of an array."""
        self._expect("[")
        if self._next() == "]":
            self._place += 1
            return
        while True:
            yield self._value()
            if (sign := self._next()) == ",":
                self._place += 1
            elif sign == "]":
                self._place += 1
                return
            else:
                raise self._broken(f"there is no , behind item {sign!r}")

    def fields(self, *streamed: str) -> Iterator[tuple[str, Any]]:
        """The fields of an object. Of those of the names `streamed`, which are arrays, the items come one by
        one."""
        self._expect("{")
        if self._next() == "}":
            self._place += 1
            return
        while True:
            name = self._value()
            self._expect(":")
            if name in streamed and self._next() == "[":
                for item in self.items():
                    yield name, item
            else:
                yield str(name), self._value()
            if (sign := self._next()) == ",":
                self._place += 1
            elif sign == "}":
                self._place += 1
                return
            else:
                raise self._broken(f"there is no , before {sign!r}")

    def lines(self) -> Iterator[Any]:
        """Items that stand one after another, as in JSON lines."""
        while self._next():
            yield self._value()

    def begins_with(self) -> str:
        """The first sign, empty where there is nothing."""
        return self._next()

    def _more(self) -> bool:
        if self._is_over:
            return False
        data = self._file.read(CHUNK)
        try:
            more = self._decode.decode(data, not data)
        except UnicodeDecodeError:
            raise self._broken("it isn't UTF-8") from None
        self._is_over = not data
        self._text, self._place = self._text[self._place :] + more, 0
        return True

    def _next(self) -> str:
        """The next sign that isn't white space, which stays; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._place)
            self._place = found.end() if found else self._place
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._more():
                return ""

    def _expect(self, sign: str) -> None:
        if (found := self._next()) != sign:
            raise self._broken(f"{sign} was expected instead of {found!r}" if found else "it ends too soon")
        self._place += 1

    def _value(self) -> Any:
        self._next()
        while True:
            try:
                value, end = _decoder.raw_decode(self._text, self._place)
            except ValueError as error:
                if len(self._text) - self._place > MAX_ITEM:
                    raise self._broken(f"an item has more than {MAX_ITEM:,} characters") from None
                if self._grows():
                    continue
                told = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                raise self._broken(told) from None
            except RecursionError:
                raise self._broken("it is nested too deeply") from None
            # A number may go on in what isn't read yet.
            if end == len(self._text) and not self._is_over:
                self._more()
                continue
            self._place = end
            return value

    def _grows(self) -> bool:
        """Reads as much as there is again, so that a long item is looked at a few times only."""
        least = max(CHUNK, len(self._text) - self._place)
        came = 0
        while came < least:
            before = len(self._text) - self._place
            if not self._more():
                break
            came += len(self._text) - before
        return came > 0

    def _broken(self, why: str) -> Failure:
        return Failure(f"{self._name} isn't JSON as it should be: {why}")
