"""Syntax highlighting: tokens as CSS classes of static/css/code.css, for the languages that people
commonly paste."""

import html
import time
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

MAX_CODE = 3000
"""Characters. Longer code isn't highlighted: code that is made to be slow takes time proportional
to the square of its length."""

MAX_SECONDS = 0.05
"""Processor time. Ordinary code takes some milliseconds."""

_PASTED = """
    bash c c++ clojure cmake console cpp cs csharp css dart diff docker dockerfile elixir erlang
    fsharp go golang graphql groovy haskell html ini java javascript js json julia kotlin less lisp
    lua make makefile nginx nix objc perl php postgres powershell proto ps1 py py3 pycon python
    python3 r rb rs ruby rust sass scala scss sh shell sql sqlite3 swift terraform tex toml ts tsx
    typescript udiff vim vue xml yaml yml zig zsh
"""
LANGUAGES = frozenset(_PASTED.split())

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
    """Returns the code as escaped HTML, with spans of CLASSES if `language` is in LANGUAGES. It can
    take some milliseconds."""
    lexer = _lexer(language.lower()) if len(code) <= MAX_CODE else None
    spans = _spans(lexer, code) if lexer is not None else None
    return html.escape(code, quote=False) if spans is None else "".join(spans)


def _lexer(language: str) -> Lexer | None:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language in LANGUAGES else None


def _spans(lexer: Lexer, code: str) -> list[str] | None:
    """Returns None if this takes more than MAX_SECONDS."""
    spans = []
    end = time.thread_time() + MAX_SECONDS
    for name, tokens in groupby(_until(lexer.get_tokens(code), end), lambda token: _class_of(token[0])):
        text = html.escape("".join(value for _, value in tokens), quote=False)
        spans.append(f'<span class="{name}">{text}</span>' if name and text else text)
    return spans if time.thread_time() <= end else None


def _until(tokens: Iterable[tuple[_TokenType, str]], end: float) -> Iterator[tuple[_TokenType, str]]:
    for token in tokens:
        if time.thread_time() > end:
            return
        yield token
