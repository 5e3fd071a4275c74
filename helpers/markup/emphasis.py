"""Pairs of signs: `*a*`, `**a**`, `~~a~~`, `||a||`."""

import html

MAX_OPEN = 12
"""Runs that wait for their end. Of more the first ones are text."""

_EMPHASIS = {1: ("<em>", "</em>"), 2: ("<strong>", "</strong>"), 3: ("<em><strong>", "</strong></em>")}
TAGS = {
    "*": _EMPHASIS,
    "_": _EMPHASIS,
    "~": {2: ("<s>", "</s>")},
    "|": {2: ('<span class="spoiler" tabindex="0">', "</span>")},
}
"""By sign, and by how many of it stand together."""


class Run:
    """`count` of a sign that haven't acted yet. It stands at `piece` of the pieces, after the tags that
    others of the run have `closed` and before those that they have `opened`."""

    __slots__ = ("closed", "count", "is_escaped", "opened", "piece", "sign")

    def __init__(self, sign: str, count: int, piece: int, is_escaped: bool) -> None:
        self.sign = sign
        self.count = count
        self.piece = piece
        self.is_escaped = is_escaped
        self.closed = ""
        self.opened = ""

    def html(self) -> str:
        return self.closed + self.sign * self.count + self.opened


class Emphasis:
    """Pairs the runs of one paragraph, whose HTML is in `pieces`, in time proportional to their
    number. What has no partner stays as it was typed."""

    __slots__ = ("_open", "_pieces")

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces
        self._open: list[Run] = []

    def meet(self, run: Run, *, opens: bool, closes: bool) -> int | None:
        """Takes the next run. Returns the first piece that it has changed, or None."""
        changed = self._close(run) if closes else None
        if opens and run.count:
            if len(self._open) == MAX_OPEN:
                del self._open[0]
            self._open.append(run)
        return changed

    def forget_after(self, piece: int) -> None:
        """Nothing ends any more what begins after this piece."""
        while self._open and self._open[-1].piece > piece:
            self._open.pop()

    def _close(self, run: Run) -> int | None:
        pieces, runs = self._pieces, self._open
        changed = None
        place = len(runs)
        while run.count and place:
            place -= 1
            opener = runs[place]
            if not _fit(opener, run) or not self._is_word(opener.piece + 1, run.piece):
                continue
            changed = opener.piece
            if opener.is_escaped or run.is_escaped:
                # They would act: so what stands before them escapes them.
                if opener.is_escaped:
                    pieces[opener.piece] = opener.html()
                    del runs[place]
                if run.is_escaped:
                    pieces[run.piece] = run.html()
                    run.count = 0
                continue
            same = min(run.count, opener.count)
            begin, end = TAGS[run.sign][same]
            opener.count -= same
            opener.opened = begin + opener.opened
            run.count -= same
            run.closed += end
            pieces[opener.piece], pieces[run.piece] = opener.html(), run.html()
            del runs[place + (opener.count > 0) :]
        return changed

    def _is_word(self, start: int, end: int) -> bool:
        """Is there more than signs between two runs? `*_*` and `>_<` are faces."""
        if end - start > _FACES:
            return True
        # A tag holds letters too.
        inside = html.unescape("".join(self._pieces[start:end])[:_FACES])
        return any(letter.isalnum() or letter > "\x7f" for letter in inside)


_FACES = 40
"""Pieces, or characters of HTML: what is longer isn't looked at, so that the time stays linear."""


def _fit(opener: Run, closer: Run) -> bool:
    """Are they as many of the same sign? Three are one and two."""
    one, other = opener.count, closer.count
    return opener.sign == closer.sign and (one == other or 3 in (one, other))
