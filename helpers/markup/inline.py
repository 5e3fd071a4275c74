"""The signs within a paragraph: emphasis, code, spoilers, links, addresses, names, emojis. One pass
over the text, in time proportional to its length. docs/formatting.md defines what they mean."""

import html
import re
from collections.abc import Callable

from helpers.markup.addresses import Address, deceptive_host, end_of, mail, with_scheme, without_scheme
from helpers.markup.emphasis import TAGS, Emphasis, Run
from helpers.markup.signs import sides
from helpers.markup.writer import REL, Writer, escaped
from helpers.text.emoji import SHORTCODES, replace_shortcodes

MAX_BRACKETS = 12
"""Brackets that wait for their end. Of more the first ones are text."""

MAX_TICKS = 9

# Every branch begins with its sign: then the search skips what is none of them.
_SIGN = re.compile(
    r"``*+|\\(?=[!-/:-@\[-`{-~])|\*\**+|__*+|~~~*+|\|\|\|*+|\[|\](?=\()|@(?=\w)|#(?=[^\W\d_])"
    r"|:(?=//|[a-z0-9_+-]{1,64}+:)|\.(?:(?=[^\W\d_]{2})|(?<=[wW]{3}\.)(?=\w))|<(?=\w)"
)
_ESCAPED = {sign: re.compile(rf"\\{re.escape(sign)}(?:\\?{re.escape(sign)})*+") for sign in "*_~|"}

# `\\server\share`, `C:\temp`: no backslash in it escapes anything.
_PATH = re.compile(r"[\w\\.$@#~%&+:-]++")

# `__init__` is a word of programs.
_DUNDER = re.compile(r"__[a-z0-9]++(?:_[a-z0-9]++)*+__(?!\w)", re.ASCII | re.IGNORECASE)

_WEB = re.compile(r"https?://[^/]", re.IGNORECASE)

_BEFORE_NAME = re.compile(r"[\w@#/.+%&=\\-]")


class _Bracket:
    """A `[`, which stands at `piece` of the pieces and before `place` of the text."""

    __slots__ = ("is_escaped", "piece", "place")

    def __init__(self, piece: int, place: int, is_escaped: bool) -> None:
        self.piece = piece
        self.place = place
        self.is_escaped = is_escaped


def write_inline(writer: Writer, text: str, allowed: Callable[[str], object]) -> None:
    """Writes one paragraph. `allowed` says whether a link may lead to an address."""
    if _SIGN.search(text) is None:
        writer.pieces.append(escaped(text))
    else:
        Inline(writer, text, allowed).write()


class Inline:
    """Writes one paragraph. `allowed` says whether a link may lead to an address."""

    __slots__ = (
        *("_addressed", "_allowed", "_brackets", "_done", "_emphasis", "_escaped_end", "_pieces", "_place"),
        *("_text", "_unclosed", "_writer"),
    )

    def __init__(self, writer: Writer, text: str, allowed: Callable[[str], object]) -> None:
        self._writer = writer
        self._pieces = writer.pieces
        self._text = text
        self._allowed = allowed
        self._done = 0
        self._place = 0
        self._emphasis = Emphasis(writer.pieces)
        self._brackets: list[_Bracket] = []
        self._addressed = -1
        self._escaped_end = -1
        self._unclosed: set[int] = set()

    def write(self) -> None:
        text, search, count = self._text, _SIGN.search, self._writer.count
        while found := search(text, self._place):
            count()
            start, self._place = found.span()
            _ACT[text[start]](self, start, self._place)
        self._flush(len(text))

    def _flush(self, end: int) -> None:
        """Writes the text before `end` as it stands."""
        if end > self._done:
            self._pieces.append(escaped(self._text[self._done : end]))
        self._done = end

    def _put(self, start: int, end: int, piece: str) -> int:
        """Writes a piece in place of the text from `start` to `end`, and returns its place."""
        self._flush(start)
        self._done = self._place = end
        self._pieces.append(piece)
        return len(self._pieces) - 1

    def _drop(self, start: int, end: int) -> None:
        """Leaves out the backslash at `start`; what it escapes ends at `end`."""
        self._flush(start)
        self._done, self._place = start + 1, end
        self._writer.acted = True

    def _code(self, start: int, end: int) -> None:
        close = self._ticks(end, end - start)
        if close < 0:
            return
        code = self._text[end:close].replace("\n", " ")
        if code.isspace():
            self._place = close + end - start
            return
        if code[0] == code[-1] == " ":
            code = code[1:-1]
        self._put(start, close + end - start, f"<code>{escaped(code)}</code>")
        self._writer.acted = True

    def _ticks(self, start: int, count: int) -> int:
        """Returns where the next run of so many backticks begins; -1 where there is none."""
        if count > MAX_TICKS or count in self._unclosed:
            return -1
        text, run = self._text, "`" * count
        place = text.find(run, start)
        while place >= 0:
            end = place + count
            while text[end : end + 1] == "`":
                end += 1
            if end - place == count:
                return place
            place = text.find(run, end)
        self._unclosed.add(count)
        return -1

    def _run(self, start: int, end: int, is_escaped: bool = False) -> None:
        text = self._text
        sign = text[end - 1]
        count = text.count(sign, start, end) if is_escaped else end - start
        if count not in TAGS[sign]:
            return
        if sign == "_" and count == 2 and (found := _DUNDER.match(text, start)):
            self._place = found.end()
            return
        opens, closes = sides(sign, text, start, end)
        if not opens and not closes:
            return
        self._writer.count(2)
        piece = self._put(start, end, text[start:end])
        emphasised = self._emphasis.meet(Run(sign, count, piece, is_escaped), opens=opens, closes=closes)
        if emphasised is not None:
            self._writer.acted = True
            while self._brackets and self._brackets[-1].piece > emphasised:
                self._brackets.pop()

    def _open_bracket(self, start: int, end: int, is_escaped: bool = False) -> None:
        if len(self._brackets) == MAX_BRACKETS:
            del self._brackets[0]
        self._brackets.append(_Bracket(self._put(start, end, self._text[start:end]), end, is_escaped))

    def _close_bracket(self, start: int, end: int) -> None:
        if not self._brackets:
            return
        found = self._target(end)
        bracket = self._brackets.pop()
        words = self._text[bracket.place : start]
        if found is None or not words.strip():
            return
        url, after = found
        if bracket.is_escaped:
            self._pieces[bracket.piece] = "["
            self._writer.acted = True
            return
        if self._addressed > bracket.piece and words != url:
            # A link that says another address than it leads to would deceive.
            self._brackets.clear()
            return
        self._writer.count(2)
        self._flush(start)
        self._undo_names(bracket.piece)
        if self._addressed > bracket.piece:
            self._pieces[bracket.piece + 1 :] = [escaped(words)]
        self._pieces[bracket.piece] = _link_to(url)
        self._emphasis.forget_after(bracket.piece)
        self._addressed = self._put(start, after, "</a>")
        # There is no link within a link.
        self._brackets.clear()
        self._writer.acted = True

    def _target(self, start: int) -> tuple[str, int] | None:
        """Returns the address in the round brackets that open at `start`, and where they end."""
        end = end_of(self._text, start + 1)
        self._writer.count(2 + (end - start) // 10)
        url = self._text[start + 1 : end]
        if self._text[end : end + 1] != ")" or not self._allowed(url):
            return None
        return url, end + 1

    def _undo_names(self, piece: int) -> None:
        names = self._writer.names
        while names and names[-1][0] > piece:
            place, name = names.pop()
            self._pieces[place] = escaped(name)

    def _bracketed_address(self, start: int, end: int) -> None:
        """`<https://a.example>`, `<a@b.example>`."""
        found = self._find_bracketed(end)
        if found is not None:
            self._address(found, 1)

    def _find_bracketed(self, start: int) -> Address | None:
        text = self._text
        end = end_of(text, start)
        if text[end : end + 1] != ">":
            return None
        url = text[start:end]
        if _WEB.match(url):
            return Address(start, end, url)
        found = mail(text, start + url.find("@"), start)
        return found if found is not None and found[:2] == (start, end) else None

    def _address(self, found: Address, brackets: int = 0) -> None:
        self._writer.count(2)
        start, end = found.start - brackets, found.end + brackets
        self._addressed = self._put(start, end, _link(found, self._text))
        self._writer.acted = True

    def _colon(self, start: int, end: int) -> None:
        text = self._text
        if text.startswith("//", end):
            found = with_scheme(text, start, self._done)
            if found is not None:
                self._address(found)
        elif run := SHORTCODES.match(text, start):
            emojis = replace_shortcodes(run[0])
            if emojis != run[0]:
                self._put(start, run.end(), emojis)
                self._writer.acted = True
                self._writer.count(len(run[0]) // 20)
            else:
                self._place = run.end() - 1

    def _dot(self, start: int, end: int) -> None:
        found = without_scheme(self._text, start, self._done)
        if found is not None:
            self._address(found)

    def _at(self, start: int, end: int) -> None:
        found = mail(self._text, start, self._done)
        if found is not None:
            self._address(found)
        else:
            self._name(start, end)

    def _name(self, start: int, end: int) -> None:
        self._writer.count()
        name = self._name_at(start, start)
        if name and self._writer.left[name[0]]:
            self._writer.left[name[0]] -= 1
            self._writer.names.append((self._put(start, start + len(name), name), name))

    def _name_at(self, start: int, before: int) -> str:
        """Returns the name that begins at `start`, with its sign, where the text before it ends at
        `before`; an empty string if none does."""
        text = self._text
        reference = self._writer.references.get(text[start])
        if reference is None or self._writer.quoted:
            return ""
        # A `_` that was written is a sign.
        if (
            before
            and _BEFORE_NAME.match(text, before - 1)
            and not (text[before - 1] == "_" and self._done == before)
        ):
            return ""
        name = reference.name_at(text, start + 1)
        end = start + 1 + len(name)
        return text[start:end] if name and text[end : end + 1] != "@" else ""

    def _backslash(self, start: int, end: int) -> None:
        """Escapes only what would act without it; everywhere else it is a sign like others."""
        text = self._text
        sign = text[end]
        if _begins_path(text, start) and (path := _PATH.match(text, start)):
            self._place = path.end()
        elif sign in _ESCAPED and (run := _ESCAPED[sign].match(text, start)):
            self._place = run.end()
            self._run(start, run.end(), True)
        elif sign == "`":
            self._escaped_ticks(start, end)
        elif sign == "[":
            self._place = end + 1
            self._open_bracket(start, end + 1, True)
        elif sign == "]":
            self._place = end + 1
            if self._brackets and text[end + 1 : end + 2] == "(" and self._target(end + 1):
                self._brackets.pop()
                self._drop(start, end + 1)
        elif sign in "@#" and (name := self._name_at(end, start)):
            self._drop(start, end + len(name))
        elif sign == "<" and self._find_bracketed(end + 1):
            self._drop(start, end + 1)
        elif sign == ":" and (run := SHORTCODES.match(text, end)) and replace_shortcodes(run[0]) != run[0]:
            self._drop(start, run.end())

    def _escaped_ticks(self, start: int, end: int) -> None:
        after = end + 1
        while self._text[after : after + 1] == "`":
            after += 1
        close = self._ticks(after, after - end)
        if close >= 0 or self._escaped_end == end:
            self._escaped_end = close if self._escaped_end != end else -1
            self._drop(start, after)
        else:
            self._place = after


_ACT: dict[str, Callable[[Inline, int, int], None]] = {
    "`": Inline._code,
    "\\": Inline._backslash,
    "*": Inline._run,
    "_": Inline._run,
    "~": Inline._run,
    "|": Inline._run,
    "[": Inline._open_bracket,
    "]": Inline._close_bracket,
    "@": Inline._at,
    "#": Inline._name,
    ":": Inline._colon,
    ".": Inline._dot,
    "<": Inline._bracketed_address,
}


def _begins_path(text: str, start: int) -> bool:
    """Is the backslash at `start` that of `C:\\` or the first one of `\\\\server`?"""
    if text[start + 1] == "\\":
        first = start
    elif text[start - 1 : start] == ":" and text[start - 2 : start - 1].isalpha():
        first = start - 2
    else:
        return False
    return first == 0 or text[first - 1].isspace() or text[first - 1] in "([{\"'"


def _link_to(url: str) -> str:
    return f'<a href="{html.escape(url)}" rel="{REL}">'


def _link(address: Address, text: str) -> str:
    shown = escaped(text[address.start : address.end])
    link = f"{_link_to(address.url)}{shown}</a>"
    host = deceptive_host(address.url)
    return link if host is None else f'{link} <span class="host">({html.escape(host)})</span>'
