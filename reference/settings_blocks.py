"""What docs/reference/settings.md says of each setting: its default, and what it takes."""

from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from reference.pages import Block, Explained, code
from setting_names import DOTENV, PREFIX, SUFFIX
from setting_sources import MAX_BYTES, OFF_WHEN_EMPTY
from settings import Settings

HEAD = ("setting", "default", "takes", "meaning")


def name_of(field: str) -> str:
    return f"{PREFIX}{field}".upper()


def _default(value: Any) -> str:
    if value in ("", None):
        return "none"
    return code(str(value).lower() if isinstance(value, bool) else str(value))


def _takes(field: FieldInfo) -> str:
    kind: Any = field.annotation
    kind = (
        next((part for part in get_args(kind) if part is not NoneType), kind) if _may_be_none(kind) else kind
    )
    if get_origin(kind) is Literal:
        return ", ".join(code(word) for word in get_args(kind))
    if kind is bool:
        return f"{code('true')}, {code('false')}"
    if kind is int:
        least = next((one.ge for one in field.metadata if isinstance(one, Ge)), "")
        most = next((one.le for one in field.metadata if isinstance(one, Le)), "")
        return f"{least} to {most}" if most else f"{least} or more"
    return "a path" if kind is Path else "text"


def _may_be_none(kind: Any) -> bool:
    return NoneType in get_args(kind)


def blocks() -> dict[str, Block]:
    fields = Settings.model_fields
    rows = {
        code(name_of(name)): (code(name_of(name)), _default(field.default), _takes(field))
        for name, field in fields.items()
    }
    empty = ", ".join(code(name_of(name)) for name in OFF_WHEN_EMPTY)
    sources = f"""
Each comes from the first of these that has it:

1. the environment variable of its name;
2. the file that a variable of its name with `{SUFFIX}` behind it leads to: one line of UTF-8, of at most
   {MAX_BYTES // 1024} kB;
3. a line of the file `{DOTENV}` in the folder in which the program is started;
4. the same with `{SUFFIX}` there.

An empty value is none, and the default holds, but for {empty}. A value beside a file for it, a name that
begins with `{PREFIX}` and is no setting, or a wrong value is said in one line, and nothing starts.
`aiochat config` shows which value holds, and where it comes from.
"""
    return {"sources": sources, "settings": Explained(HEAD, rows)}
