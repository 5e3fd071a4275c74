"""Translation of texts. English is in the code and is the key; other languages are gettext
catalogues in locales/.

A placeholder is `{name}`. Integers are formatted for the language; numbers that aren't quantities
are passed as str."""

import gettext
import io
import json
import re
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from settings import ROOT

LOCALES = ROOT / "locales"
DEFAULT = "en"

_PLACE = re.compile(r"\{(\w+)\}")


class Text(str):
    """An English text that is translated when it is shown. It is raised or returned by code that
    doesn't know the reader's language.

    It is an ordinary str in logs and comparisons. The template is a literal, so that `make texts`
    finds it."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Text":
        text = super().__new__(cls, _fill(template, values, DEFAULT))
        text.template = template
        text.values = values
        return text


def _fill(template: str, values: dict[str, Any], code: str) -> str:
    """Fills each `{name}` with its value. Placeholders inside a value aren't filled."""
    if not values:
        return template

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        given = values[found[1]]
        return _number(given, code) if type(given) is int else str(given)

    return _PLACE.sub(value, template)


def _number(value: int, code: str) -> str:
    return str(value) if -1000 < value < 1000 else format_decimal(value, locale=code)


class Language:
    """One language of the site: formats texts, numbers and times. English needs no catalogue."""

    def __init__(self, code: str, catalogue: Catalog | None = None) -> None:
        self.code = code
        self.locale = Locale.parse(code)
        self.name = (self.locale.get_display_name() or code).capitalize()
        """The language's name in that language."""
        self.page_texts = ""
        """The part of the catalogue that scripts use: JSON for static/js/words/texts.js, safe
        inside a <script>. Empty for a language without a catalogue."""
        self._texts = gettext.NullTranslations()
        if catalogue is not None:
            compiled = io.BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            self._texts = gettext.GNUTranslations(compiled)
            self.page_texts = _page_texts(code, catalogue, self.locale)

    def gettext(self, text: str) -> str:
        return self._texts.gettext(text) if text else ""

    def ngettext(self, one: str, other: str, count: int) -> str:
        return self._texts.ngettext(one, other, count)

    def pgettext(self, context: str, text: str) -> str:
        """Translates a text that has several meanings in English: `context` says which one."""
        return self._texts.pgettext(context, text)

    def t(self, text: str, **values: Any) -> str:
        """Translates the text and fills in `values`."""
        return _fill(self.gettext(text), values, self.code)

    def n(self, one: str, other: str, count: int, **values: Any) -> str:
        """The same with plural forms: `{count}` selects the form."""
        return _fill(self.ngettext(one, other, count), {"count": count, **values}, self.code)

    def translate(self, text: str) -> str:
        """Translates a Text. Any other str is returned as it is: it was typed by a person, or is
        translated already."""
        if not isinstance(text, Text):
            return text
        values = {
            name: self.translate(value) if isinstance(value, Text) else value
            for name, value in text.values.items()
        }
        return self.t(text.template, **values)

    def moment(self, at: str, zone: tzinfo = UTC) -> str:
        """Formats a time of an event (ISO 8601, UTC) for people, in a zone of theirs."""
        here = datetime.fromisoformat(at).astimezone(zone)
        text = format_datetime(here, "medium", tzinfo=zone, locale=self.locale)
        return f"{text} UTC" if zone is UTC else text

    def day(self, at: datetime) -> str:
        """Formats the date for people."""
        return str(format_date(at.date(), "long", locale=self.locale))

    def time_of_day(self, at: datetime) -> str:
        """Formats hours and minutes for people."""
        return str(format_time(at.timetz(), "short", locale=self.locale))


def _page_texts(code: str, catalogue: Catalog, locale: Locale) -> str:
    texts: dict[str, str | list[str]] = {}
    for entry in catalogue:
        if not entry.id or not any(path.startswith("static/js/") for path, _ in entry.locations):
            continue
        if isinstance(entry.id, str):
            texts[entry.id] = str(entry.string)
        else:
            texts[entry.id[0]] = list(entry.string or ())
    # Scripts use CLDR's names of plural forms, gettext their indexes. This finds the name of each
    # index.
    form_of = gettext.c2py(catalogue.plural_expr)
    places = range(catalogue.num_plurals)
    plurals = [
        next(locale.plural_form(number) for number in range(1000) if form_of(number) == place)
        for place in places
    ]
    page = {"language": code, "plurals": plurals, "texts": texts}
    return json.dumps(page, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def read_catalogue(path: Path) -> Catalog:
    """Reads the catalogue from a .po file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


ENGLISH = Language(DEFAULT)

LANGUAGES = {
    DEFAULT: ENGLISH,
    **{
        path.parent.parent.name: Language(path.parent.parent.name, read_catalogue(path))
        for path in sorted(LOCALES.glob("*/*/aiochat.po"))
    },
}
"""All languages of the site by code: English, and those with a folder in locales/."""

_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def current() -> Language:
    """Returns the language of the current request, English outside of one. Code that outlives its
    request stores the language."""
    return _current.get()


def set_language(language: Language) -> None:
    """Sets the language of the current request."""
    _current.set(language)


def translate(text: str) -> str:
    """Translates a Text into the language of the current request."""
    return current().translate(text)
