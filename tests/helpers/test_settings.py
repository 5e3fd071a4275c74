"""The settings: where they come from, what they mean, and one clear line where one is wrong."""

import re
from pathlib import Path

import pytest

from settings import Settings, SettingsError, read_settings


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a `.env`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_it_runs_on_this_machine_alone() -> None:
    found = read_settings()
    assert (found.host, found.port, found.data_dir, found.database) == (
        "127.0.0.1",
        8080,
        Path("var"),
        "sqlite:///var/aiochat.db",
    )
    assert (found.registration, found.rate_limits, found.debug, found.trust_proxy, found.redis_url) == (
        "open",
        "on",
        False,
        False,
        "",
    )
    assert found.address == "http://127.0.0.1:8080"
    assert not found.secure


def test_they_come_from_the_environment_and_else_from_env(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / ".env").write_text(
        "AIOCHAT_PORT=1111\nAIOCHAT_REGISTRATION=closed\nAIOCHAT_REDIS_URL=\nSOMEBODY_ELSES=1\n# a comment\n"
    )
    assert (read_settings().port, read_settings().registration) == (1111, "closed")
    monkeypatch.setenv("AIOCHAT_PORT", "2222")
    assert (read_settings().port, read_settings().registration) == (2222, "closed")


def test_an_empty_one_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(f"AIOCHAT_{name.upper()}", "")
    assert read_settings() == Settings()
    assert read_settings().host == "127.0.0.1", "and above all not every address"


def test_the_weather_alone_is_turned_off_by_an_empty_one(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_settings().weather_url.startswith("https://wttr.in/{place}?format=3")
    for value in ("", "off", "OFF"):
        monkeypatch.setenv("AIOCHAT_WEATHER_URL", value)
        assert read_settings().weather_url == ""
    monkeypatch.delenv("AIOCHAT_WEATHER_URL")
    (nowhere / ".env").write_text("AIOCHAT_WEATHER_URL=\nAIOCHAT_GRAVATAR_URL=\nAIOCHAT_GRAVATAR=1\n")
    found = read_settings()
    assert (found.weather_url, found.gravatar, found.gravatar_url) == (
        "",
        True,
        "https://gravatar.com/avatar",
    )
    # What is empty in the environment leaves the others to .env, but says of the weather that there
    # is none.
    (nowhere / ".env").write_text("AIOCHAT_WEATHER_URL=http://127.0.0.1:1/{place}\nAIOCHAT_PORT=1111\n")
    assert (read_settings().weather_url, read_settings().port) == ("http://127.0.0.1:1/{place}", 1111)
    for name in ("WEATHER_URL", "PORT"):
        monkeypatch.setenv(f"AIOCHAT_{name}", "")
    assert (read_settings().weather_url, read_settings().port) == ("", 1111)


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1]:80/{place}",
        "https://api.example.org/v1?q={place}&hl={lang}&key=a%20b",
        "http://localhost:9/{place}/{place}",
    ],
)
def test_weather_providers(url: str) -> None:
    assert read_settings(weather_url=url).weather_url == url


WRONG = [
    ("PORT", "x", "AIOCHAT_PORT='x' is wrong: must be a whole number"),
    ("PORT", "0", "AIOCHAT_PORT='0' is wrong"),
    ("PORT", "65536", "AIOCHAT_PORT='65536' is wrong"),
    ("PORT", "80.5", "AIOCHAT_PORT='80.5' is wrong"),
    (
        "REGISTRATION",
        "maybe",
        "AIOCHAT_REGISTRATION='maybe' is wrong: must be 'open', 'invitation', 'approval' or 'closed'",
    ),
    ("RATE_LIMITS", "0", "AIOCHAT_RATE_LIMITS='0' is wrong: must be 'on' or 'off'"),
    ("DEBUG", "perhaps", "AIOCHAT_DEBUG='perhaps' is wrong"),
    ("TRUST_PROXY", "2", "AIOCHAT_TRUST_PROXY='2' is wrong"),
    (
        "DATABASE_URL",
        "mysql://h/x",
        "AIOCHAT_DATABASE_URL='mysql://h/x' is wrong: must begin with sqlite:///",
    ),
    ("DATABASE_URL", "chat.db", "must begin with"),
    ("DATABASE_URL", "sqlite:chat.db", "must begin with"),
    ("DATABASE_URL", "sqlite://chat.db", "needs a file"),
    ("DATABASE_URL", "sqlite:///", "needs a file"),
    ("DATABASE_URL", "sqlite:////", "needs a file"),
    ("DATABASE_URL", "postgresql:x", "must begin with"),
    ("DATABASE_URL", "postgresql://", "needs the database's name"),
    ("DATABASE_URL", "postgresql://host:5432", "needs the database's name"),
    ("DATABASE_URL", "postgresql+aiopg://host/", "needs the database's name"),
    ("DATABASE_URL", "postgresql+psycopg://host/x", "must begin with"),
    ("DATABASE_URL", "postgresql://host:port/x", "has a port that isn't a number"),
    ("DATABASE_URL", "postgresql://host:99999/x", "has a port that isn't a number"),
    ("DATABASE_URL", "postgresql://[::1/x", "invalid IPv6 URL"),
    ("REDIS_URL", "127.0.0.1:6379", "must begin with redis://"),
    ("REDIS_URL", "http://127.0.0.1:6379", "must begin with redis://"),
    ("REDIS_URL", "redis://127.0.0.1:x/0", "has a port that isn't a number"),
    ("REDIS_URL", "redis://127.0.0.1:6379/zero", "ends with the database's number"),
    ("REDIS_URL", "redis://[::1", "invalid IPv6 URL"),
    ("PUBLIC_URL", "chat.example.org", "must be the site's address"),
    ("PUBLIC_URL", "ftp://chat.example.org", "must be the site's address"),
    ("PUBLIC_URL", "https://", "must be the site's address"),
    ("PUBLIC_URL", "https://example.org/chat?", "may have a path, and nothing behind it"),
    ("PUBLIC_URL", "https://example.org/chat?x=1", "may have a path, and nothing behind it"),
    ("PUBLIC_URL", "https://example.org?x", "may have a path, and nothing behind it"),
    ("PUBLIC_URL", "https://example.org/chat#", "may have a path, and nothing behind it"),
    ("PUBLIC_URL", "https://example.org//chat", "has two slashes in a row"),
    ("PUBLIC_URL", "https://example.org/chat//", "has two slashes in a row"),
    ("PUBLIC_URL", "https://example.org/a/../chat", "has . or .. in its path"),
    ("PUBLIC_URL", "https://example.org/./chat", "has . or .. in its path"),
    ("PUBLIC_URL", "https://example.org/our%20chat", "may have letters of a to z, digits"),
    ("PUBLIC_URL", "https://example.org/%2e%2e/chat", "may have letters of a to z, digits"),
    ("PUBLIC_URL", "https://example.org/чат", "may have letters of a to z, digits"),
    ("PUBLIC_URL", 'https://example.org/"><b>', "may have letters of a to z, digits"),
    ("PUBLIC_URL", "https://example.org/chat;x", "may have letters of a to z, digits"),
    ("PUBLIC_URL", "https://example.org\\chat", "must be the site's address"),
    ("PUBLIC_URL", "https://example.org/" + "a" * 101, "has a path of more than 100 characters"),
    ("PUBLIC_URL", "https://example.org/rooms", "can't begin with /rooms"),
    ("PUBLIC_URL", "https://example.org/static/chat/", "can't begin with /static"),
    ("PUBLIC_URL", "https://chat.example.org:x", "has a port that isn't a number"),
    ("PUBLIC_URL", "https://chat.example.org; script-src *", "must be the site's address"),
    ("PUBLIC_URL", "https://chat.example.org evil", "must be the site's address"),
    ("PUBLIC_URL", "https://user:word@chat.example.org", "must be the site's address"),
    ("WEATHER_URL", "on", "must be off, or an address like"),
    ("WEATHER_URL", "wttr.in/{place}", "must be off, or an address like"),
    ("WEATHER_URL", "ftp://wttr.in/{place}", "must be off, or an address like"),
    ("WEATHER_URL", "https:///{place}", "must be off, or an address like"),
    ("WEATHER_URL", "https://{place}.example.org/", "must be off, or an address like"),
    ("WEATHER_URL", "https://example.org{place}", "must be off, or an address like"),
    ("WEATHER_URL", "https://example.org:{place}/", "has a port that isn't a number"),
    ("WEATHER_URL", "https://user:word@example.org/{place}", "must be off, or an address like"),
    ("WEATHER_URL", "https://example.org/{place}#now", "must be off, or an address like"),
    ("WEATHER_URL", "https://example.org/\\{place}", "must be off, or an address like"),
    ("WEATHER_URL", "https://example.org/ {place}", "must be off, or an address like"),
    ("WEATHER_URL", "https://exämple.org/{place}", "must be off, or an address like"),
    ("WEATHER_URL", "https://example.org/weather", "needs {place}"),
    ("WEATHER_URL", "https://example.org/{place}?of={who}", "no other braces"),
    ("WEATHER_URL", "https://example.org/{place", "needs {place}"),
    ("WEATHER_URL", "https://example.org/{place}}", "no other braces"),
    ("GRAVATAR", "perhaps", "AIOCHAT_GRAVATAR='perhaps' is wrong"),
    ("GRAVATAR_URL", "gravatar.com", "must be an address like"),
    ("GRAVATAR_URL", "https://gravatar.com/avatar?s=1", "must be an address like"),
    ("GRAVATAR_URL", "https://gravatar.com:x/avatar", "has a port that isn't a number"),
]


@pytest.mark.parametrize(("name", "value", "text"), WRONG)
def test_a_wrong_one_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, text: str
) -> None:
    monkeypatch.setenv(f"AIOCHAT_{name}", value)
    with pytest.raises(SettingsError) as error:
        read_settings()
    assert text in str(error.value)
    assert f"AIOCHAT_{name}" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "postgresql://aiochat:s3cret@host:x/x"),
        ("redis_url", "redis://:s3cret@host:x/0"),
        ("public_url", "https://u:s3cret@host"),
        ("bus_url", "redis+cluster://:s3cret@host:1/0"),
    ],
)
def test_a_password_is_never_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_settings(**{"redis_url": "redis://a", name: value})
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "sqlite:///var/x.db",
            "sqlite:////absolute/x.db",
            "postgresql://u:p%40ss@h:5432/x",
            "postgresql+aiopg://u@h/x",
        ),
        *("postgresql:///x?host=/run/postgresql", "postgresql://[::1]:5432/x"),
    ],
)
def test_databases(url: str) -> None:
    assert read_settings(database_url=url).database == url


@pytest.mark.parametrize(
    "url",
    ["redis://127.0.0.1:6379/0", "redis://localhost", "rediss://:word@host:6380/1", "unix:///run/redis.sock"],
)
def test_redis(url: str) -> None:
    assert read_settings(redis_url=url).redis_url == url


BUSES = (
    "redis://127.0.0.1:6380/0",
    "redis+cluster://a:1,b:2,[::1]:3",
    "rediss+cluster://user:p%40ss@a?ssl_ca_certs=/ca.pem",
    "redis+cluster://a:1/",
)


@pytest.mark.parametrize("url", BUSES)
def test_a_bus(url: str) -> None:
    assert read_settings(redis_url="redis://localhost").bus == "redis://localhost"
    assert read_settings(redis_url="redis://localhost", bus_url=url).bus == url


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("nats://a:1", "must begin with redis://"),
        ("nats+cluster://a:1", "must begin with redis+cluster://"),
        ("redis+cluster:a", "must begin with"),
        ("redis+cluster://", "needs some of the cluster's servers"),
        ("redis+cluster://a:1,,b:2", "needs some of the cluster's servers"),
        ("redis+cluster://a:1/0", "needs some of the cluster's servers"),
        ("redis+cluster://a:x", "a port"),
        ("redis://a/x", "ends with the database's number"),
    ],
)
def test_a_bus_that_is_none(url: str, text: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(text)) as error:
        read_settings(redis_url="redis://localhost", bus_url=url)
    assert "AIOCHAT_BUS_URL" in str(error.value)


def test_a_bus_alone_is_not_enough() -> None:
    with pytest.raises(SettingsError, match="needs AIOCHAT_REDIS_URL too"):
        read_settings(bus_url="redis://localhost")


@pytest.mark.parametrize(
    ("given", "address", "origins"),
    [
        (
            {},
            "http://127.0.0.1:8080",
            {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"},
        ),
        ({"port": 80}, "http://127.0.0.1:80", {"http://127.0.0.1", "http://localhost", "http://[::1]"}),
        (
            {"host": "0.0.0.0"},
            "http://127.0.0.1:8080",
            {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"},
        ),
        (
            {"host": "::1"},
            "http://[::1]:8080",
            {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"},
        ),
        (
            {"public_url": "https://Chat.Example.org/"},
            "https://chat.example.org",
            {"https://chat.example.org"},
        ),
        (
            {"public_url": "https://chat.example.org:443"},
            "https://chat.example.org:443",
            {"https://chat.example.org"},
        ),
        (
            {"public_url": "http://chat.example.org:80"},
            "http://chat.example.org:80",
            {"http://chat.example.org"},
        ),
        (
            {"public_url": "https://chat.example.org:8443"},
            "https://chat.example.org:8443",
            {"https://chat.example.org:8443"},
        ),
        (
            {"public_url": "https://Example.org/Team/chat/"},
            "https://example.org/Team/chat",
            {"https://example.org"},
        ),
        ({"public_url": "http://[::1]:8080"}, "http://[::1]:8080", {"http://[::1]:8080"}),
    ],
    # Not the sets: their order changes from process to process.
    ids=lambda value: "" if isinstance(value, set) else str(value),
)
def test_addresses_and_origins(given: dict[str, object], address: str, origins: set[str]) -> None:
    found = read_settings(**given)
    assert found.address == address
    assert found.origins == origins
    assert found.secure == address.startswith("https:")


@pytest.mark.parametrize("content", [b"AIOCHAT_PORT=\xff\n", b"\xff\xfe"])
def test_an_env_file_that_is_not_text_is_named(nowhere: Path, content: bytes) -> None:
    (nowhere / ".env").write_bytes(content)
    with pytest.raises(SettingsError, match="UTF-8"):
        read_settings()


def test_a_wrong_one_in_env_is_named_too(nowhere: Path) -> None:
    (nowhere / ".env").write_text("AIOCHAT_PORT=many\n")
    with pytest.raises(SettingsError, match="AIOCHAT_PORT='many' is wrong"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "meant"),
    [("AIOCHAT_REGISTRATOIN", "AIOCHAT_REGISTRATION"), ("AIOCHAT_DATABASE", "AIOCHAT_DATABASE_URL")],
)
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_name_that_is_none_says_which_may_be_meant(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str, meant: str
) -> None:
    if place == "environment":
        monkeypatch.setenv(name, "closed")
    else:
        (nowhere / ".env").write_text(f"{name}=closed\n")
    with pytest.raises(SettingsError, match=f"^{name} isn't a setting; did you mean {meant}\\?$"):
        read_settings()


def test_a_name_that_is_like_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOCHAT_XYZZY", "1")
    with pytest.raises(SettingsError, match=r"^AIOCHAT_XYZZY isn't a setting$"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIOCHAT_SERVICE_HOST", "10.96.0.12"),
        ("AIOCHAT_SERVICE_PORT_HTTP", "80"),
        ("AIOCHAT_PORT_80_TCP_ADDR", "10.96.0.12"),
        ("AIOCHAT_PORT", "tcp://10.96.0.12:80"),
    ],
)
def test_what_kubernetes_puts_there_is_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"^{name} .*enableServiceLinks: false"):
        read_settings()


def test_an_address_in_brackets_is_that_address() -> None:
    found = read_settings(host="[::1]")
    assert (found.host, found.address) == ("::1", "http://[::1]:8080")
