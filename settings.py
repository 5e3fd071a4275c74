"""The settings: read once from the environment and `.env`, checked, and immutable."""

import os
import re
import shlex
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

import setting_names
from observing_settings import MAX_SOCKET_PATH, ObservingSettings
from public_address import split_address
from setting_sources import FileError, from_environment, named_files, sources

ROOT = Path(__file__).resolve().parent
DATABASE_SCHEMES = ("sqlite", "postgresql", "postgresql+aiopg")
FILE_SCHEMES = ("file", "s3")
MAIL_SCHEMES = ("smtp", "smtps")
REDIS_SCHEMES = ("redis", "rediss", "unix")
BUS_SCHEMES = (*REDIS_SCHEMES, "redis+cluster", "rediss+cluster")
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

_MAIL_FROM = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,250}")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)

# fmt: off
SearchLanguage = Literal[
    "simple", "arabic", "danish", "dutch", "english", "finnish", "french", "german", "greek", "hungarian",
    "indonesian", "irish", "italian", "lithuanian", "nepali", "norwegian", "portuguese", "romanian",
    "russian", "spanish", "swedish", "tamil", "turkish",
]
# fmt: on
"""Of which PostgreSQL 13 has stems; simple: none."""


class SettingsError(Exception):
    """A setting is invalid. The text is one line that names it."""


class Settings(ObservingSettings):
    """All settings. Each is read from `AIOCHAT_` plus its name in capitals;
    docs/reference/settings.md describes them."""

    model_config = SettingsConfigDict(
        env_prefix="AIOCHAT_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    data_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""
    bus_url: str = ""
    public_url: str = ""
    registration: Literal["open", "invitation", "approval", "closed"] = "open"
    rate_limits: Literal["on", "off"] = "on"
    smtp_url: str = ""
    mail_from: str = ""
    retention_days: int = Field(default=0, ge=0, le=36_500)
    previews: Literal["on", "off"] = "on"
    search_language: SearchLanguage = "simple"
    quota: int = Field(default=500, ge=0)
    files_url: str = ""
    max_file: int = Field(default=50, ge=1, le=100_000)
    file_quota: int = Field(default=2000, ge=0)
    scan_command: str = ""
    site_file_quota: int = Field(default=0, ge=0)
    connections: int = Field(default=10_000, ge=0)
    address_connections: int = Field(default=200, ge=0)
    trust_proxy: bool = False
    socket: Path | None = None
    weather_url: str = "https://wttr.in/{place}?format=3&lang={lang}"
    gravatar: bool = False
    gravatar_url: str = "https://gravatar.com/avatar"
    security_log: str = ""
    debug: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            *sources(settings_cls, env_settings, dotenv_settings),
        )

    @field_validator("host")
    @classmethod
    def _is_address(cls, value: str) -> str:
        """Without the brackets of an address in a URL."""
        return value[1:-1] if value.startswith("[") and value.endswith("]") else value

    @field_validator("socket")
    @classmethod
    def _is_bindable(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None:
            return None
        if not value.is_absolute() or len(os.fsencode(value)) > MAX_SOCKET_PATH:
            raise ValueError(f"must be an absolute path of at most {MAX_SOCKET_PATH} bytes")
        if not info.data.get("trust_proxy"):
            raise ValueError("needs AIOCHAT_TRUST_PROXY too: only a proxy can tell who comes by it")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value:
            return value
        parts = _split(
            value, DATABASE_SCHEMES, "must begin with sqlite:///, postgresql:// or postgresql+aiopg://"
        )
        if parts.scheme == "sqlite" and (
            not value.startswith("sqlite:///") or not value.removeprefix("sqlite:///").strip("/")
        ):
            raise ValueError("needs a file: sqlite:///path/to/file.db")
        if parts.scheme != "sqlite" and not parts.path.strip("/"):
            raise ValueError("needs the database's name: postgresql://user:password@host/name")
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str) -> str:
        if not value:
            return value
        parts = _split(value, REDIS_SCHEMES, "must begin with redis://, rediss:// or unix://")
        if parts.scheme != "unix" and parts.path.strip("/") and not re.fullmatch(r"/[0-9]+", parts.path):
            raise ValueError("ends with the database's number, like redis://127.0.0.1:6379/0")
        return value

    @field_validator("bus_url")
    @classmethod
    def _known_bus(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return value
        if not info.data.get("redis_url"):
            raise ValueError("needs AIOCHAT_REDIS_URL too: sessions and presence are kept there")
        scheme, _, rest = value.partition("://")
        if not scheme.endswith("+cluster"):
            return cls._known_redis(value)
        login, at, hosts = rest.partition("?")[0].rpartition("@")
        for host in hosts.removesuffix("/").split(","):
            parts = _split(
                f"{scheme}://{login}{at}{host}",
                BUS_SCHEMES,
                "must begin with redis+cluster:// or rediss+cluster://",
            )
            if not parts.hostname or parts.path:
                raise ValueError("needs some of the cluster's servers: redis+cluster://host:6379,host:6379")
        return value

    @field_validator("files_url")
    @classmethod
    def _known_store(cls, value: str) -> str:
        if not value:
            return value
        parts = _split(value, FILE_SCHEMES, "must begin with file:/// or s3://")
        if parts.scheme == "file" and (parts.netloc or not parts.path.strip("/")):
            raise ValueError("needs a folder: file:///path/to/folder")
        if parts.scheme == "s3" and not parts.hostname:
            raise ValueError("needs a bucket: s3://bucket?endpoint=https://host")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _known_mail_server(cls, value: str) -> str:
        if not value:
            return value
        parts = _split(value, MAIL_SCHEMES, "must begin with smtp:// or smtps://")
        if not parts.hostname or parts.path.strip("/"):
            raise ValueError("needs a host, and no path: smtp://name:password@host:587")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        if value and not _MAIL_FROM.fullmatch(value):
            raise ValueError("must be an address like chat@example.org")
        return value

    @field_validator("scan_command")
    @classmethod
    def _is_scanner(cls, value: str) -> str:
        wrong = "must be a program with its arguments, clamd:///path/to/socket or clamd://host:port"
        try:
            words = shlex.split(value)
        except ValueError:
            raise ValueError(wrong) from None
        parts = urlsplit(value)
        if value and (
            not words or (parts.scheme == "clamd" and not (parts.hostname or parts.path.strip("/")))
        ):
            raise ValueError(wrong)
        return value

    @field_validator("public_url")
    @classmethod
    def _is_public(cls, value: str) -> str:
        return "".join(split_address(value)) if value else value

    @field_validator("weather_url")
    @classmethod
    def _is_weather(cls, value: str) -> str:
        if value.lower() in ("", "off"):
            return ""
        parts = _split_page(value, "must be off, or an address like https://wttr.in/{place}?format=3")
        if "{place}" not in parts.path + parts.query:
            raise ValueError(
                "needs {place} in its path or after the question mark, where the place's name goes"
            )
        unknown = re.sub(r"\{(place|lang)\}", "", value)
        if "{" in unknown or "}" in unknown:
            raise ValueError("may hold {place} and {lang} behind the host, and no other braces")
        return value

    @field_validator("gravatar_url")
    @classmethod
    def _is_gravatar(cls, value: str) -> str:
        wrong = "must be an address like https://gravatar.com/avatar, without a question mark"
        if _split_page(value, wrong).query or "?" in value:
            raise ValueError(wrong)
        return value.rstrip("/")

    @property
    def quota_bytes(self) -> int | None:
        """What the pictures of one person may take; None without a limit."""
        return self.quota * 1_000_000 or None

    @property
    def files(self) -> str:
        """The URL of the store of files; the default is a folder in the data folder."""
        return self.files_url or (self.data_dir.absolute() / "files").as_uri()

    @property
    def max_file_bytes(self) -> int:
        """What one file may have."""
        return self.max_file * 1_000_000

    @property
    def file_quota_bytes(self) -> int | None:
        """What the files of one person in messages may take; None without a limit."""
        return self.file_quota * 1_000_000 or None

    @property
    def site_file_quota_bytes(self) -> int | None:
        """What all files together may take; None without a limit."""
        return self.site_file_quota * 1_000_000 or None

    @property
    def database(self) -> str:
        """The database's URL; the default is SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'aiochat.db'}"

    @property
    def bus(self) -> str:
        """The URL of the bus between processes; empty for one process."""
        return self.bus_url or self.redis_url

    @property
    def listens_everywhere(self) -> bool:
        """Does it listen on all addresses of this machine?"""
        return self.host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound

    @property
    def address(self) -> str:
        """The address at which browsers reach this process."""
        if self.public_url:
            return self.public_url
        host = "127.0.0.1" if self.listens_everywhere else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def base_path(self) -> str:
        """The path of that address, like `/chat`. Usually empty."""
        return split_address(self.public_url).path if self.public_url else ""

    @property
    def host_name(self) -> str:
        """The host of that address."""
        return urlsplit(self.address).hostname or ""

    @property
    def sender(self) -> str:
        """The address that mails come from."""
        return self.mail_from or f"aiochat@{self.host_name}"

    @property
    def secure(self) -> bool:
        """Is the site reached by TLS? Then cookies are Secure and named `__Host-`."""
        return self.public_url.startswith("https:")

    @property
    def origins(self) -> frozenset[str]:
        """The exact origins that may open a WebSocket or send a form.

        Only the public URL, if there is one; otherwise this host and the loopback names on this
        port."""
        if self.public_url:
            return frozenset({_without_default_port(split_address(self.public_url).origin)})
        return frozenset(
            {_without_default_port(f"http://{name}:{self.port}") for name in LOOPBACK_NAMES}
            | {_without_default_port(self.address)}
        )


def _split(url: str, schemes: tuple[str, ...], wrong: str) -> SplitResult:
    """Splits a URL. Raises ValueError with `wrong` for another scheme, or if the port is
    invalid."""
    parts = urlsplit(url)
    if parts.scheme not in schemes or not url.startswith(f"{parts.scheme}://"):
        raise ValueError(wrong)
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("has a port that isn't a number from 1 to 65535") from None
    return parts


def _split_page(url: str, wrong: str) -> SplitResult:
    """Splits the address of a service. Raises ValueError with `wrong`."""
    if not re.fullmatch(r"[!-~]+", url):
        raise ValueError(wrong)
    parts = _split(url, ("http", "https"), wrong)
    if not _HOST.fullmatch(parts.hostname or "") or "@" in parts.netloc or "#" in url or "\\" in url:
        raise ValueError(wrong)
    return parts


def _without_default_port(origin: str) -> str:
    """Returns the origin as browsers send it: RFC 6454, 6.2 omits the scheme's default port."""
    scheme, _, rest = origin.partition("://")
    return f"{scheme}://{rest.removesuffix(':443' if scheme == 'https' else ':80')}"


def version() -> str:
    """The program's version: of the installed package, where it was installed as one."""
    if not (ROOT / "pyproject.toml").exists():
        return metadata.version("aiochat")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


_TOLD = {
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "greater_than_equal": "must be at least {ge}",
    "literal_error": "must be {expected}",
}


def _told(error: Any) -> str:
    """What is wrong with a value, of pydantic's error."""
    told = _TOLD.get(error["type"], error["msg"].removeprefix("Value error, "))
    return str(told.format_map(error.get("ctx", {})) if error["type"] in _TOLD else told)


def _file_of(field: str) -> str:
    """Of an error: the file that the value came from, if it did."""
    for environment in (from_environment, setting_names.read_dotenv):
        if path := named_files([field], environment()).get(field):
            return f" (in {path})"
    return ""


def read_settings(**given: Any) -> Settings:
    """Reads the settings from the environment; `given` ones take precedence.

    Raises SettingsError with one line that names the setting and the fault."""
    try:
        if wrong := setting_names.wrong_line() or setting_names.wrong_name(Settings.model_fields):
            raise SettingsError(wrong)
        return Settings(_env_file=setting_names.DOTENV, **given)
    except ValidationError as error:
        first = error.errors()[0]
        name = "AIOCHAT_" + "_".join(str(part) for part in first["loc"]).upper()
        text = _told(first)
        # A URL may contain a password, as a file does, and this line is logged.
        from_file = _file_of(str(first["loc"][0]))
        value = "" if from_file or "@" in str(first["input"]) else f"={first['input']!r}"
        raise SettingsError(f"{name}{value}{from_file} is wrong: {text[:1].lower()}{text[1:]}") from None
    except FileError as error:
        raise SettingsError(str(error)) from None
    except UnicodeDecodeError:
        raise SettingsError(".env is wrong: it must be UTF-8") from None
    except OSError as error:
        raise SettingsError(
            f".env can't be read: {error.strerror} (in {os.getcwd()}, by user {os.geteuid()})"
        ) from None
