"""Asks the provider for a place's weather and keeps what it says for a while. That is a stranger's:
one line of text or nothing."""

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
"""That an answer may take."""

MAX_BYTES = 4 * 1024
"""Of an answer. The line of wttr.in has about 40."""

MAX_LINE = 200
"""Characters that are shown of it."""

KEPT_SECONDS = 600.0
AWAY_SECONDS = 30.0
"""That no answer is kept: a provider that is away isn't asked for the same place by everybody who
looks."""

MAX_PLACES = 2000
"""A kilobyte each."""

Query = tuple[str, str]
"""A place and a language."""

_JOINERS = "\u200c\u200d"
_INVISIBLE = ("Cf", "Co", "Cn", "Cs")


declare({"bad_place": 400, "weather_away": 503, "weather_off": 404})


class _ProviderError(Exception):
    """The provider gave nothing that can be shown. The text says why, for the log."""


def clean_place(text: str) -> str:
    """A place as it may stand in a profile, and be asked for. Raises ActionError."""
    try:
        place = profiles.clean_line(text, profiles.MAX_PLACE)
    except profiles.BadProfile as error:
        raise ActionError("bad_place", error.args[0]) from None
    if not any(letter.isalnum() for letter in place):
        raise ActionError("bad_place", "Which place? Its name has letters or digits.")
    return place


def clean_line(body: bytes) -> str:
    """The one line of an answer, without what isn't seen. Raises ValueError where it is anything
    else."""
    text = body.decode().strip()
    if not text or not is_one_line(text.replace("\t", " ")):
        raise ValueError("no single line of text")
    visible = "".join(
        letter for letter in text if letter in _JOINERS or unicodedata.category(letter) not in _INVISIBLE
    )
    line = " ".join(visible.split())
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


def _key(query: Query) -> Query:
    """Capitals don't make another place, though providers repeat them."""
    return (query[0].lower(), query[1])


def _expiry(_: Query, line: str, now: float) -> float:
    return now + (KEPT_SECONDS if line else AWAY_SECONDS)


class Weather:
    """The lines of one provider. `template` is its address with `{place}` in it, and `{lang}` where
    it speaks several languages."""

    def __init__(self, fetcher: Fetcher, template: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._template = template
        self._lines: TLRUCache[Query, str] = TLRUCache(MAX_PLACES, _expiry, clock)
        """An empty one: the provider was away."""
        self._fetches: SingleFlight[Query, str] = SingleFlight(self._load)

    async def line(self, place: str, language: str) -> str:
        """What clean_place gave, as one line in the language of this code. Raises ActionError."""
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
        """Where the place's weather is. Whatever the place is, it is one part of a path or of a
        query: nothing in it divides either."""
        return self._template.replace("{place}", quote(place, safe="")).replace(
            "{lang}", quote(language, safe="")
        )

    async def _load(self, query: Query) -> str:
        # Those who asked while another call ran come here when it has ended: the answer is there by
        # then.
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
