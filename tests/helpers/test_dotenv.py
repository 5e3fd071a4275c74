"""What is wrong in `.env` is told: a line that is skipped would change nothing, and nobody would see it."""

from pathlib import Path

import pytest

from settings import SettingsError, read_settings


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


def test_as_windows_writes_it(dotenv: Path) -> None:
    dotenv.write_bytes(b"\xef\xbb\xbfAIOCHAT_PORT=18222\r\nAIOCHAT_REGISTRATION=closed\r\n")
    found = read_settings()
    assert (found.port, found.registration) == (18222, "closed")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("# ours\nAIOCHAT_PORT 18222\n", "line 2 of .env isn't NAME=value"),
        ("AIOCHAT_PORT\n", "line 1 of .env isn't NAME=value"),
        ("OTHER=1\n\nAIOCHAT_PUBLIC_URL='https://x\nAIOCHAT_PORT=1\n", "line 3 of .env isn't NAME=value"),
        (
            "AIOCHAT_REGISTRATION=closed\nAIOCHAT_REGISTRATION=open\n",
            "sets AIOCHAT_REGISTRATION a second time",
        ),
        ("export AIOCHAT_PORT=1\nAIOCHAT_PORT=2\n", "line 2 of .env sets AIOCHAT_PORT a second time"),
    ],
)
def test_a_line_that_would_be_skipped(dotenv: Path, content: str, says: str) -> None:
    dotenv.write_text(content)
    with pytest.raises(SettingsError) as error:
        read_settings()
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_setting_of_ours_may_stand_there(dotenv: Path) -> None:
    dotenv.write_text("what is this\nTZ=UTC\nTZ=Europe/Berlin\nAIOCHAT_PORT=7\nAIOCHAT_PORT=7\n")
    assert read_settings().port == 7


def test_a_folder_in_its_place(dotenv: Path) -> None:
    dotenv.mkdir()
    with pytest.raises(SettingsError, match=r"^\.env is a folder"):
        read_settings()
