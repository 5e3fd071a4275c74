"""The formats that can be imported. Which one an archive has is seen by looking at it."""

from collections.abc import Iterator
from datetime import tzinfo
from typing import IO, Protocol

from helpers.processes.terminal import Failure
from operations.importing.archives import Archive
from operations.importing.readers.aiochat import Aiochat
from operations.importing.readers.campfire import Campfire
from operations.importing.readers.discord import Discord
from operations.importing.readers.irc import Irc
from operations.importing.readers.mattermost import Mattermost
from operations.importing.readers.rocketchat import RocketChat
from operations.importing.readers.slack import Slack
from operations.importing.readers.zulip import Zulip
from operations.importing.records import Record


class Source(Protocol):
    """What an import reads. `name` is that of the format, `label` how the chat is called among people."""

    name: str
    label: str
    zone: tzinfo
    opens: bool

    def source(self) -> str:
        """What tells the chat from others of its format, for ever; empty where nothing does."""

    def read(self) -> Iterator[Record]:
        """In any order. Raises Failure where the archive is broken."""

    def open(self, path: str) -> IO[bytes]:
        """A file of a message."""


class Reader(Source, Protocol):
    """Reads an archive."""

    def __init__(self, archive: Archive) -> None: ...

    @staticmethod
    def fits(archive: Archive) -> bool:
        """Whether the archive looks like it. Reads little."""


_ALL: tuple[type[Reader], ...] = (Slack, Mattermost, Irc, Discord, Zulip, RocketChat, Campfire, Aiochat)
READERS = {reader.name: reader for reader in _ALL}


def reader_of(archive: Archive, name: str = "") -> Reader:
    """Raises Failure where nothing fits."""
    if name:
        return READERS[name](archive)
    fitting = [reader for reader in READERS.values() if reader.fits(archive)]
    if not fitting:
        raise Failure(
            f"{archive.name} looks like none of these: {', '.join(READERS)}. docs/importing.md says what is "
            "wanted of each; or say which it is by --format"
        )
    if len(fitting) > 1:
        raise Failure(
            f"{archive.name} may be one of these: {', '.join(one.name for one in fitting)}; say --format"
        )
    return fitting[0](archive)
