"""Fetches a place's weather from the provider and caches it. The response isn't trusted: only one
line of text is accepted."""

import logging
import time
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

from cachetools import TLRUCache

from accounts.people import profiles
from helpers.batching import SingleFlight
from helpers.errors import ActionError, declare
from helpers.fetching import Fetcher, FetchError
from helpers.text.characters import is_one_line

log = logging.getLogger("aiochat.weather")

SECONDS = 5.0
"""Timeout of a fetch."""

MAX_BYTES = 4 * 1024
"""Maximum size of a response. wttr.in sends about 40 bytes."""

MAX_LINE = 200
"""Characters of the line that are displayed."""

KEPT_SECONDS = 600.0
AWAY_SECONDS = 30.0
"""How long a failure is cached, so that an unavailable provider isn't asked again for each
reader."""

MAX_PLACES = 2000
"""A kilobyte each."""

Query = tuple[str, str]
"""A place and a language."""

_JOINERS = "\u200c\u200d"
_INVISIBLE = ("Cf", "Co", "Cn", "Cs")


declare({"bad_place": 400, "weather_away": 503, "weather_off": 404})


class _ProviderError(Exception):
    """The provider's response can't be used. The text says why, for the log."""


def clean_place(text: str) -> str:
    """Checks a place with the rules of profiles. Raises ActionError."""
    try:
        place = profiles.clean_line(text, profiles.MAX_PLACE)
    except profiles.BadProfile as error:
        raise ActionError("bad_place", error.args[0]) from None
    if not any(letter.isalnum() for letter in place):
        raise ActionError("bad_place", "Which place? Its name has letters or digits.")
    return place


def clean_line(body: bytes) -> str:
    """Returns a response's single line without invisible characters. Raises ValueError if it isn't
    one line."""
    text = body.decode().strip()
    if not text or not is_one_line(text.replace("\t", " ")):
        raise ValueError("no single line of text")
    visible = "".join(
        letter for letter in text if letter in _JOINERS or unicodedata.category(letter) not in _INVISIBLE
    )
    line = " ".join(visible.split())
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


def _key(query: Query) -> Query:
    """Places are compared without case. The provider gets the original spelling, since it repeats
    it."""
    return (query[0].lower(), query[1])


def _expiry(_: Query, line: str, now: float) -> float:
    return now + (KEPT_SECONDS if line else AWAY_SECONDS)


class Weather:
    """The weather of one provider. `template` is its address with `{place}`, and with `{lang}` if
    it supports several languages."""

    def __init__(self, fetcher: Fetcher, template: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._template = template
        self._lines: TLRUCache[Query, str] = TLRUCache(MAX_PLACES, _expiry, clock)
        """An empty line means that the provider was unavailable."""
        self._fetches: SingleFlight[Query, str] = SingleFlight(self._load)

    async def line(self, place: str, language: str) -> str:
        """Returns the line for a place from clean_place, in the language of this code. Raises
        ActionError."""
        query = (place, language if "{lang}" in self._template else "")
        line = self._lines.get(_key(query))
        if line is None:
            line = await self._fetches.get(query)
        if not line:
            raise ActionError(
                "weather_away", "The weather service has no answer for “{place}” just now.", place=place
            )
        return line

    def address(self, place: str, language: str) -> str:
        """Returns the address of the place's weather. The place is quoted as one part of a path or
        query."""
        return self._template.replace("{place}", quote(place, safe="")).replace(
            "{lang}", quote(language, safe="")
        )

    async def _load(self, query: Query) -> str:
        # A caller that waited for a running call may find its result in the cache.
        if (known := self._lines.get(_key(query))) is not None:
            return known
        try:
            line = await self._fetch(self.address(*query))
        except (_ProviderError, FetchError) as error:
            log.warning("no weather: %s", error)
            line = ""
        self._lines[_key(query)] = line
        return line

    async def _fetch(self, address: str) -> str:
        answer = await self._fetcher.get(address, most=MAX_BYTES, seconds=SECONDS, configured=True)
        if answer.status != 200:
            raise _ProviderError(f"the provider answers {answer.status}")
        if answer.type != "text/plain":
            raise _ProviderError(f"the provider answers with {answer.type[:40]!r}, not with plain text")
        try:
            return clean_line(answer.body)
        except ValueError:
            raise _ProviderError("the provider answers with more or less than one line of text") from None
