"""Syntax highlighting: tokens as CSS classes of static/css/rich.css, for the languages that people
commonly paste.

Some languages' regular expressions take exponential time for some code. Code is highlighted in the
main thread of a process that serves nobody (helpers/rendering.py)."""

import contextlib
import gc
import html
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import groupby, islice
from types import FrameType
from typing import TypeVar

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

T = TypeVar("T")

MAX_CODE = 3000
"""Characters. Longer code isn't highlighted: code that is made to be slow takes time proportional
to the square of its length."""

MAX_SECONDS = 0.05
"""Processor time. Ordinary code takes some milliseconds."""

AGAIN_SECONDS = 0.005

CALLBACKS = ("_weakrefset", "weakref")
"""Modules whose functions the interpreter calls in the midst of others. It drops their exceptions."""

_PASTED = """
    bash c c++ clojure cmake console cpp cs csharp css dart diff docker dockerfile elixir erlang
    fsharp go golang graphql groovy haskell html ini java javascript js json julia kotlin less lisp
    lua make makefile nginx nix objc perl php postgres powershell proto ps1 py py3 pycon python
    python3 r rb rs ruby rust sass scala scss sh shell sql sqlite3 swift terraform tex toml ts tsx
    typescript udiff vim vue xml yaml yml zig zsh
"""
LANGUAGES = frozenset(_PASTED.split())

_FENCE = re.compile(r"(?<![`~])[`~]{3,}+ *+([\w#+]++)")

MAX_PREPARED = 10
"""Languages of one text."""

_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"),
    (Keyword.Type, "kt"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (String, "s"),
    (Number, "m"),
    (Name.Function, "nf"),
    (Name.Class, "nf"),
    (Name.Builtin, "nb"),
    (Name.Tag, "nt"),
    (Name.Attribute, "na"),
    (Name.Decorator, "na"),
    (Generic.Deleted, "gd"),
    (Generic.Inserted, "gi"),
    (Generic.Heading, "gh"),
    (Generic.Subheading, "gh"),
    (Generic.Prompt, "gh"),
)
CLASSES = frozenset(name for _, name in _CLASSES)


@cache
def _class_of(kind: _TokenType) -> str:
    return next((name for ours, name in _CLASSES if kind in ours), "")


def highlight(code: str, language: str) -> str:
    """Returns the code as escaped HTML, with spans of CLASSES if `language` is in LANGUAGES, and if
    that takes no more than MAX_SECONDS."""
    lexer = _lexer(language.lower()) if len(code) <= MAX_CODE else None
    with contextlib.suppress(_TooSlow):
        if lexer is not None:
            tokens = _in_time(lambda: list(lexer.get_tokens(code)))
            # Some lexers lose a last line without its end.
            if "".join(value for _, value in tokens) == code:
                return "".join(_spans(tokens))
    return html.escape(code, quote=False)


def prepare(text: str) -> None:
    """Compiles the languages of the text's code, which takes up to 250 ms for each at its first
    time."""
    for found in islice(_FENCE.finditer(text), MAX_PREPARED):
        _lexer(found[1].lower())


def _lexer(language: str) -> Lexer | None:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language in LANGUAGES else None


def _spans(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[str]:
    for name, same in groupby(tokens, lambda token: _class_of(token[0])):
        text = html.escape("".join(value for _, value in same), quote=False)
        yield f'<span class="{name}">{text}</span>' if name and text else text


class _TooSlow(BaseException):
    """It isn't an Exception, so that no lexer catches it."""


def _on_too_slow(number: int, frame: FrameType | None) -> None:
    # What is raised where a weak reference ends, or where the garbage collector tells of its work,
    # is lost, as in a `__del__`, also from what was called there: this function may be, a second
    # time. The timer comes again until the limited work has ended; what ends the limit itself is
    # never interrupted.
    while frame is not None:
        if frame.f_code is _limited.__code__:
            raise _TooSlow
        if _is_callback(frame):
            return
        frame = frame.f_back


def _is_callback(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") in CALLBACKS or any(
        getattr(one, "__code__", None) is frame.f_code for one in gc.callbacks
    )


def _in_time(work: Callable[[], T]) -> T:
    """Raises _TooSlow in work that takes more than MAX_SECONDS, also in the midst of one regular
    expression: `re` looks for signals while it searches."""
    former = signal.signal(signal.SIGVTALRM, _on_too_slow)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, MAX_SECONDS, AGAIN_SECONDS)
        return _limited(work)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


def _limited(work: Callable[[], T]) -> T:
    return work()
