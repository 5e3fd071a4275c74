"""Reads people from a CSV file in UTF-8, separated by commas or semicolons, and checks them. The
first line names the columns."""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from accounts.models import User
from accounts.people import accounts
from helpers.processes.terminal import Failure, Progress

COLUMNS = ("name", "display_name", "email", "password")

MAX_PEOPLE = 2000
"""All are added in one transaction, which blocks writers of the chat for half a second."""

MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One line of the file. Missing values are empty."""

    line: int
    name: str
    display_name: str
    email: str
    password: str


def read_people(path: Path) -> list[Row]:
    """Returns the people in the file, in its order. Raises Failure."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Failure(f"can't read {str(path)!r} ({getattr(error, 'strerror', None) or error})") from None
    if len(data) > MAX_BYTES:
        raise Failure(f"{path} is too large: at most {MAX_BYTES // 1024 // 1024} MB, please")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Failure(f"{path} isn't UTF-8") from None
    rows = _parse(path, text)
    if not rows:
        raise Failure(f"{path} names nobody")
    if len(rows) > MAX_PEOPLE:
        raise Failure(f"{path} names too many: at most {MAX_PEOPLE} at once, please")
    return rows


def _parse(path: Path, text: str) -> list[Row]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        columns = [column.strip().lower() for column in next(reader, [])]
        if "name" not in columns or not set(columns) <= set(COLUMNS) or len(set(columns)) < len(columns):
            raise Failure(
                f"the first line of {path} has to name its columns: name, and where they are there "
                "display_name, email and password"
            )
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            if len(fields) != len(columns):
                raise Failure(
                    f"line {reader.line_num} of {path} has {len(fields)} fields, and not {len(columns)}"
                )
            values = dict(zip(columns, fields, strict=True))
            # Leading and trailing spaces only belong to passwords.
            rows.append(
                Row(
                    reader.line_num,
                    values["name"].strip(),
                    values.get("display_name", "").strip(),
                    values.get("email", "").strip(),
                    values.get("password", ""),
                )
            )
    except csv.Error as error:
        raise Failure(f"line {reader.line_num} of {path} can't be read ({error})") from None
    return rows


def format_errors(errors: Mapping[str, str]) -> str:
    return "; ".join(f"{field}: {text}" for field, text in errors.items())


async def checked_users(path: Path, rows: Sequence[Row], passwords: Sequence[str], host: str) -> list[User]:
    """Returns the new users if all lines are valid. Otherwise prints the error of each invalid line
    and raises Failure."""
    users: list[User] = []
    lines: dict[tuple[str, str], int] = {}
    wrong: list[str] = []
    with Progress("Checked", len(rows)) as progress:
        for row, password in zip(rows, passwords, strict=True):
            try:
                user = accounts.new_user(
                    row.name, row.email, password, display_name=row.display_name, host=host
                )
                if mistake := format_errors(await accounts.taken(user)) or _earlier_conflict(
                    user, row.line, lines
                ):
                    wrong.append(f"{path}:{row.line}: {mistake}")
                users.append(user)
            except accounts.BadAccount as error:
                wrong.append(f"{path}:{row.line}: {format_errors(error.errors)}")
            progress.step()
    if wrong:
        print(*wrong, sep="\n", file=sys.stderr)
        raise Failure(
            f"no account was made, since {len(wrong)} of {len(rows)} lines "
            f"{'is' if len(wrong) == 1 else 'are'} wrong"
        )
    return users


def _earlier_conflict(user: User, line: int, lines: dict[tuple[str, str], int]) -> str:
    """Returns what the user has in common with an earlier line, or an empty string. `lines` maps
    each value to its line and is updated."""
    for field, key, what in (
        ("username", user.name_key, "the same name"),
        ("username", user.skeleton, "a name that looks like it"),
        ("email", user.address, "the same address"),
    ):
        if key and (before := lines.setdefault((what, key), line)) != line:
            return f"{field}: line {before} has {what}"
    return ""
