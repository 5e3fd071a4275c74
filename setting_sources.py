"""Where values of settings come from: the environment and `.env`, and files that these name, as secrets of
containers and of systemd are handed over: `AIOCHAT_DATABASE_URL_FILE=/run/secrets/database_url`."""

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from setting_names import PREFIX, SUFFIX, read_dotenv

MAX_BYTES = 64 * 1024
"""Of a file. A URL has some hundred."""

OFF_WHEN_EMPTY = ("weather_url",)
"""For all other settings an empty value means the default."""

Environment = Callable[[], Mapping[str, str | None]]


class FileError(Exception):
    """A file that is named for a setting can't be taken. The text is one line, without what is in it."""


class WithoutEmpty(PydanticBaseSettingsSource):
    """Omits empty values of a source, except where empty has a meaning."""

    def __init__(self, settings: type[BaseSettings], source: PydanticBaseSettingsSource) -> None:
        super().__init__(settings)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        return {
            name: value for name, value in self._source().items() if value != "" or name in OFF_WHEN_EMPTY
        }


class FromFiles(PydanticBaseSettingsSource):
    """The contents of the files that a source names. Raises FileError."""

    def __init__(self, settings: type[BaseSettings], environment: Environment) -> None:
        super().__init__(settings)
        self._environment = environment

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        named = named_files(self.settings_cls.model_fields, self._environment())
        return {field: _contents(field, path) for field, path in named.items()}


def from_environment() -> Mapping[str, str | None]:
    return os.environ


def sources(
    settings: type[BaseSettings], env: PydanticBaseSettingsSource, dotenv: PydanticBaseSettingsSource
) -> tuple[PydanticBaseSettingsSource, ...]:
    """The first that has a value wins: the environment, and then `.env`."""
    return (
        WithoutEmpty(settings, env),
        FromFiles(settings, from_environment),
        WithoutEmpty(settings, dotenv),
        FromFiles(settings, read_dotenv),
    )


def named_files(fields: Collection[str], environment: Mapping[str, str | None]) -> dict[str, Path]:
    """The files that are named there, by the fields that they are for. Raises FileError where a value is
    there as well: which of them holds would be anybody's guess."""
    given = {name.upper(): value for name, value in environment.items() if value}
    found = {}
    for field in fields:
        name = f"{PREFIX}{field}".upper()
        path = given.get(f"{name}{SUFFIX}")
        if path is None:
            continue
        if name in given:
            raise FileError(f"{name} and {name}{SUFFIX} are both set: leave out one of them")
        found[field] = Path(path)
    return found


def _contents(field: str, path: Path) -> str:
    """Without the end of its line."""
    name = f"{PREFIX}{field}{SUFFIX}".upper()
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        by = f" by user {os.geteuid()}" if isinstance(error, PermissionError) else ""
        raise FileError(f"{name}: {path} can't be read{by} ({error.strerror})") from None
    except ValueError:
        raise FileError(f"{name} isn't the path of a file") from None
    if len(data) > MAX_BYTES:
        raise FileError(f"{name}: {path} is too large for a setting")
    try:
        text = data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise FileError(f"{name}: {path} isn't UTF-8") from None
    if not text:
        raise FileError(f"{name}: {path} is empty")
    if not text.isprintable():
        raise FileError(f"{name}: {path} holds more than one line of text")
    return text
