"""The lines of a text: paragraphs, lists, quotes, code, headings, tables and rules. docs/formatting.md
defines what they mean.

A line belongs to a block only if it says so itself, and a block that holds nothing is text."""

import re
from collections.abc import Callable, Sequence
from itertools import takewhile

from helpers.markup.inline import Inline, write_inline
from helpers.markup.writer import Writer
from helpers.text.highlighting import LANGUAGES, highlight

MAX_DEPTH = 6
"""Quotes and lists within each other. What is deeper is text."""

_PLAIN = frozenset({"text", "txt", "plain", "plaintext", "none", "log"})
"""Languages without colours."""

_BLOCK = re.compile(
    r"\A(?P<indent>[ ]*+)(?:"
    r"(?P<fence>(?P<ticks>`{3,}+)[^`]*|~{3,}+.*)\Z"
    r"|(?P<quote>>(?:[ ]|\Z))"
    r"|(?P<heading>\#{1,6})[ ]+(?P<title>\S.*)"
    r"|(?P<marker>[-*+]|(?P<number>0|[1-9]\d{0,8})[.)])(?P<gap>[ ]+)(?![-*+\s]*\Z)(?P<item>\S.*)"
    r"|(?P<rule>-{3,})\Z"
    r")",
    re.VERBOSE | re.DOTALL,
)
_FIRST_SIGNS = frozenset("`~>#-*+0123456789")
_ESCAPED_NUMBER = re.compile(r"\d{1,9}(\\)[.)] ")
_DELIMITER = re.compile(r"\A *+\|?(?: *+:?-++:? *+\|)++(?: *+:?-++:?)? *+\Z")
_PIPES = re.compile(r"(?<!\\)\|")
_TASK = re.compile(r"\[([ xX])\] (?=.*\S)")
_TABS = re.compile(r"^[ \t]*\t[ \t]*", re.MULTILINE)

_LISTS = {"-": '<ul class="dashes">', "*": "<ul>", "+": '<ul class="pluses">'}


def lines_of(text: str) -> list[str]:
    if "\t" in text:
        text = _TABS.sub(lambda found: found[0].expandtabs(4), text)
    return [line.rstrip() for line in text.split("\n")]


def opening(text: str) -> str:
    """Returns the tag that begins a paragraph of this text, which keeps spaces that would be lost."""
    return '<p class="spaced">' if "  " in text or "\n " in text or text.startswith(" ") else "<p>"


def write_paragraph(writer: Writer, text: str, allowed: Callable[[str], object]) -> None:
    writer.pieces.append(opening(text))
    Inline(writer, text, allowed).write()
    writer.pieces.append("</p>\n")


class Blocks:
    """Writes lines as blocks. `allowed` says whether a link may lead to an address, `highlight`
    returns code in a language as HTML."""

    def __init__(
        self,
        writer: Writer,
        text: str,
        allowed: Callable[[str], object],
        highlight: Callable[[str, str], str] = highlight,
    ) -> None:
        self._writer = writer
        self._allowed = allowed
        self._highlight = highlight
        self._may_have_tables = "|" in text

    def write(self, lines: Sequence[str], depth: int = 0, *, is_item: bool = False) -> None:
        writer = self._writer
        begun = first = place = 0
        while place < len(lines):
            line = lines[place]
            found = None
            if line.lstrip()[:1] in _FIRST_SIGNS or (self._may_have_tables and "|" in line):
                found = self._block(lines, place, begun, depth)
            if found is None and line:
                place += 1
                continue
            self._paragraph(lines[begun:place], is_item, begun == first)
            if found is None:
                place += 1
            else:
                place = found()
                writer.acted = True
            begun = place
        self._paragraph(lines[begun:], is_item, begun == first)

    def _block(self, lines: Sequence[str], place: int, begun: int, depth: int) -> Callable[[], int] | None:
        """Returns what writes the block that begins here, and then returns the place of the next line;
        None where none begins."""
        self._writer.count()
        line = lines[place]
        found = _BLOCK.match(line)
        if found is None or depth == MAX_DEPTH:
            return self._find_table(lines, place) if depth < MAX_DEPTH and "|" in line else None
        if found["fence"]:
            return self._find_fence(lines, place, found)
        if found["quote"]:
            return self._find_quote(lines, place, depth)
        if found["heading"]:
            return lambda: self._heading(found, place)
        if found["rule"]:
            alone = begun == place > 0 and place + 1 < len(lines) and not lines[place + 1]
            return (lambda: self._rule(place)) if alone else None
        # In the midst of a sentence that is broken into lines a number begins no list.
        if found["number"] not in (None, "1") and begun < place:
            return None
        return lambda: self._list(lines, place, depth, found)

    def _paragraph(self, lines: Sequence[str], is_item: bool, is_first: bool) -> None:
        """The first paragraph of an item of a list has no tags of its own."""
        if not lines:
            return
        text = "\n".join(map(self._unescaped, lines))
        if is_item and is_first:
            write_inline(self._writer, text.lstrip(), self._allowed)
            return
        if is_item:
            self._writer.pieces.append("\n")
        write_paragraph(self._writer, text, self._allowed)

    def _unescaped(self, line: str) -> str:
        """The line without the backslash that keeps it from being a block."""
        if "\\" not in line:
            return line
        indent = len(line) - len(line.lstrip())
        if line[indent] == "\\":
            found = _BLOCK.match(line[indent + 1 :])
            if found is None or found["fence"]:
                return line
            place = indent
        elif found := _ESCAPED_NUMBER.match(line, indent):
            place = found.start(1)
        else:
            return line
        self._writer.acted = True
        return line[:place] + line[place + 1 :]

    def _find_fence(self, lines: Sequence[str], place: int, found: re.Match[str]) -> Callable[[], int] | None:
        fence = found["fence"]
        info = fence.lstrip(fence[0])
        mark = fence[: len(fence) - len(info)]
        indent = len(found["indent"])
        language = info.strip().lower()
        code, is_closed = [], False
        if language and language not in LANGUAGES and language not in _PLAIN:
            code, language = [info], ""
        after = place + 1
        while after < len(lines):
            line = lines[after]
            after += 1
            bare = line.rstrip(mark[0])
            if len(line) - len(bare) >= len(mark):
                if bare.strip():
                    code.append(bare)
                is_closed = True
                break
            code.append(line)
        # Many forget to close what they paste; a line of tildes is more often an ornament.
        if not any(map(str.strip, code)) or not (is_closed or mark[0] == "`"):
            return None
        self._writer.count(len(code) // 10)
        shown = "".join(f"{_dedented(line, indent)}\n" for line in code)

        def write() -> int:
            self._writer.pieces.append(f"<pre><code>{self._highlight(shown, language)}</code></pre>\n")
            return after

        return write

    def _find_quote(self, lines: Sequence[str], place: int, depth: int) -> Callable[[], int] | None:
        quoted = []
        for line in lines[place:]:
            bare = line.lstrip(" ")
            if bare[:2] not in (">", "> "):
                break
            quoted.append(bare[2:])
        if not any(map(str.strip, quoted)):
            return None

        def write() -> int:
            self._writer.pieces.append("<blockquote>\n")
            self._writer.quoted += 1
            self.write(quoted, depth + 1)
            self._writer.quoted -= 1
            self._writer.pieces.append("</blockquote>\n")
            return place + len(quoted)

        return write

    def _heading(self, found: re.Match[str], place: int) -> int:
        level = len(found["heading"])
        self._writer.pieces.append(f"<h{level}>")
        write_inline(self._writer, found["title"], self._allowed)
        self._writer.pieces.append(f"</h{level}>\n")
        return place + 1

    def _rule(self, place: int) -> int:
        self._writer.pieces.append("<hr>\n")
        return place + 1

    def _list(self, lines: Sequence[str], place: int, depth: int, first: re.Match[str]) -> int:
        put = self._writer.pieces.append
        kind = first["marker"][-1]
        number = int(first["number"] or 0)
        if first["number"] is None:
            put(_LISTS[kind])
        else:
            start = f' start="{number}"' if number != 1 else ""
            put(f'<ol class="brackets"{start}>' if kind == ")" else f"<ol{start}>")
        put("\n")
        found: re.Match[str] | None = first
        while found is not None:
            given = int(found["number"] or 0)
            value = f' value="{given}"' if found["number"] and given != number else ""
            number = given + 1
            task = _TASK.match(found["item"])
            put(f'<li class="task"{value}>' if task else f"<li{value}>")
            if task:
                put("☐ " if task[1] == " " else "☑ ")
            # People indent by two spaces what CommonMark wants below the first letter.
            offset = found.start("item")
            least = min(offset, len(found["indent"]) + 2)
            item = [found["item"][task.end() if task else 0 :]]
            place += 1
            while place < len(lines) and (not lines[place] or _indent_of(lines[place]) >= least):
                item.append(_dedented(lines[place], offset))
                place += 1
            while not item[-1]:
                item.pop()
                place -= 1
            self._writer.count()
            if len(item) == 1 and item[0][0] not in _FIRST_SIGNS:
                # Most are one line of words.
                write_inline(self._writer, self._unescaped(item[0]), self._allowed)
            else:
                self.write(item, depth + 1, is_item=True)
            put("</li>\n")
            found = self._next_item(lines, place, kind)
            while found is not None and not lines[place]:
                place += 1
        put("</ol>\n" if first["number"] else "</ul>\n")
        return place

    def _next_item(self, lines: Sequence[str], place: int, kind: str) -> re.Match[str] | None:
        """Returns the next item of a list whose markers end in `kind`, after empty lines or not."""
        while place < len(lines) and not lines[place]:
            place += 1
        found = _BLOCK.match(lines[place]) if place < len(lines) else None
        return found if found is not None and found["marker"] and found["marker"][-1] == kind else None

    def _find_table(self, lines: Sequence[str], place: int) -> Callable[[], int] | None:
        if place + 1 == len(lines) or "|" not in lines[place + 1] or not _DELIMITER.match(lines[place + 1]):
            return None
        head, marks = _cells(lines[place]), _cells(lines[place + 1])
        rows = [_cells(line) for line in takewhile(_PIPES.search, lines[place + 2 :])]
        self._writer.count(len(rows) // 10)
        # A cell without a column would be lost.
        if len(head) != len(marks) or not any(head) or any(len(row) > len(head) for row in rows):
            return None
        return lambda: self._table(head, marks, rows, place)

    def _table(
        self, head: Sequence[str], marks: Sequence[str], rows: Sequence[Sequence[str]], place: int
    ) -> int:
        put = self._writer.pieces.append
        put('<div class="wide"><table>\n')
        classes = [_ALIGNED[mark[0] == ":", mark[-1] == ":"] for mark in marks]
        for tag, row in [("th", head), *(("td", row) for row in rows)]:
            put("<tr>")
            self._writer.count(1 + len(row) // 2)
            for cell, css in zip([*row, *[""] * (len(head) - len(row))], classes, strict=True):
                put(f"<{tag}{css}>")
                write_inline(self._writer, cell, self._allowed)
                put(f"</{tag}>")
            put("</tr>\n")
        put("</table></div>\n")
        return place + 2 + len(rows)


_ALIGNED = {
    (False, False): "",
    (True, False): "",
    (True, True): ' class="middle"',
    (False, True): ' class="end"',
}


def _cells(line: str) -> list[str]:
    cells = [cell.strip().replace("\\|", "|") for cell in _PIPES.split(line.strip())]
    if not cells[0]:
        del cells[0]
    if len(cells) > 1 and not cells[-1]:
        del cells[-1]
    return cells


def _indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _dedented(line: str, most: int) -> str:
    return line[min(_indent_of(line), most) :]
