"""Settings out of files, as secrets of containers are: `AIOCHAT_DATABASE_URL_FILE=/run/secrets/database`."""

import json
import os
from pathlib import Path

import pytest

from setting_names import SUFFIX
from setting_sources import MAX_BYTES
from settings import Settings, SettingsError, read_settings
from tests.support.programs.shell import line_of, run

SECRET = "s3cret"
URL = f"postgresql://aiochat:{SECRET}@db/aiochat"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_setting_can_come_out_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        **{
            "host": "::1",
            "port": "1234",
            "data_dir": "/data",
            "database_url": URL,
            "smtp_url": "smtp://mail",
        },
        **{"redis_url": "redis://:a@b@c:6379/0", "bus_url": "redis://d:6379/0", "public_url": "https://e.f"},
        **{"registration": "closed", "rate_limits": "off", "mail_from": "a@b.org", "retention_days": "7"},
        **{"previews": "off", "search_language": "russian", "quota": "5", "files_url": "s3://k:v@bucket"},
        **{"max_file": "6", "file_quota": "7", "scan_command": "clamscan -", "site_file_quota": "8"},
        **{"connections": "9", "address_connections": "10", "trust_proxy": "true", "socket": "/run/a.sock"},
        **{"weather_url": "http://127.0.0.1/{place}", "gravatar": "true", "gravatar_url": "https://g.org/a"},
        **{"security_log": "log", "debug": "true", "log_format": "json", "log_level": "warning"},
        **{"access_log": "on", "metrics": "127.0.0.1:9180", "traces": "http://t:4318"},
    }
    # Of those that came since, what they are without.
    for name, default in Settings.model_construct():
        if name not in given and default not in (None, ""):
            given[name] = str(default)
    assert set(given) <= set(Settings.model_fields)
    for name, value in given.items():
        monkeypatch.setenv(f"AIOCHAT_{name.upper()}", value)
    wanted = read_settings()
    for name, value in given.items():
        (folder / name).write_text(f"{value}\n")
        monkeypatch.delenv(f"AIOCHAT_{name.upper()}")
        monkeypatch.setenv(f"AIOCHAT_{name.upper()}{SUFFIX}", str(folder / name))
    assert read_settings() == wanted
    assert wanted != Settings.model_construct()


def test_no_name_has_two_meanings() -> None:
    names = {name.upper() for name in Settings.model_fields}
    assert not {f"{name}{SUFFIX}" for name in names} & names


def test_the_environment_goes_before_env(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("here", "7"), ("there", "8")):
        (folder / name).write_text(value)
    (folder / ".env").write_text("AIOCHAT_QUOTA_FILE=here\nAIOCHAT_PORT=7\n")
    assert read_settings().quota == 7
    monkeypatch.setenv("AIOCHAT_QUOTA", "9")
    assert read_settings().quota == 9
    monkeypatch.delenv("AIOCHAT_QUOTA")
    monkeypatch.setenv("AIOCHAT_QUOTA_FILE", "there")
    monkeypatch.setenv("AIOCHAT_PORT_FILE", "there")
    assert (read_settings().quota, read_settings().port) == (8, 8)
    monkeypatch.setenv("AIOCHAT_QUOTA", "")
    assert read_settings().quota == 8, "an empty one is none"


def test_what_is_wrong_with_a_file_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "good").write_text(URL)
    (folder / "empty").write_text("\n")
    (folder / "bytes").write_bytes(b"\xff")
    (folder / "lines").write_text(f"{URL}\nsecond\n")
    (folder / "large").write_text("x" * (MAX_BYTES + 1))
    # Only the password, where a URL is wanted: the value is nobody's business.
    (folder / "password").write_text(SECRET)
    for path, why in {
        "missing": "missing can't be read (No such file or directory)",
        ".": ". can't be read (Is a directory)",
        "empty": "empty is empty",
        "bytes": "bytes isn't UTF-8",
        "lines": "lines holds more than one line",
        "large": "large is too large",
        "password": "AIOCHAT_DATABASE_URL (in password) is wrong: must begin with sqlite:///",
    }.items():
        monkeypatch.setenv("AIOCHAT_DATABASE_URL_FILE", path)
        with pytest.raises(SettingsError) as caught:
            read_settings()
        said = str(caught.value)
        assert why in said
        assert said.startswith("AIOCHAT_DATABASE_URL")
        assert "\n" not in said
        assert SECRET not in said
    monkeypatch.setenv("AIOCHAT_DATABASE_URL_FILE", "good")
    monkeypatch.setenv("AIOCHAT_DATABASE_URL", URL)
    with pytest.raises(SettingsError, match="are both set: leave out one"):
        read_settings()


def test_names_are_checked_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOCHAT_DATABSE_URL_FILE", "x")
    with pytest.raises(SettingsError, match="did you mean AIOCHAT_DATABASE_URL_FILE"):
        read_settings()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand over a file that another can't read")
def test_whose_file_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test's own folder is for root alone.
    monkeypatch.chdir("/")
    path = Path("/tmp") / f"aiochat-secret-{os.getpid()}"
    path.write_text(URL)
    path.chmod(0o600)
    monkeypatch.setenv("AIOCHAT_DATABASE_URL_FILE", str(path))
    os.seteuid(65534)
    try:
        with pytest.raises(SettingsError, match=r"can't be read by user 65534 \(Permission denied\)"):
            read_settings()
    finally:
        os.seteuid(0)
        path.unlink()


def test_config_says_which_file_and_no_password(folder: Path) -> None:
    (folder / "database").write_text(URL)
    done = run(folder, "config", "--json", DATABASE_URL_FILE=str(folder / "database"))
    assert done.returncode == 0, done.stderr
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert found["AIOCHAT_DATABASE_URL"] == {
        "name": "AIOCHAT_DATABASE_URL",
        "value": "postgresql://aiochat:…@db/aiochat",
        "from": str(folder / "database"),
    }
    assert SECRET.encode() not in done.stdout
    said = line_of(run(folder, "config", DATABASE_URL_FILE="nowhere"))
    assert "AIOCHAT_DATABASE_URL_FILE: nowhere can't be read" in said
