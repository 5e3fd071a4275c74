"""Finds addresses of the site in its answers that lack the path below which it lies."""

import json
import re
from html.parser import HTMLParser
from typing import Any

from public_address import OWN_NAMES

BASE = "/chat"

TYPED = {"value", "placeholder", "title", "alt", "aria-label", "data-usage"}
"""Attributes that hold what people typed, or see."""

WORDS = {"text", "usage", "help", "excerpt", "description", "next"}
"""Fields of JSON that do. `next` comes back as it went, and gets the path then."""


def lacks(address: str) -> bool:
    """An address of the site without the path."""
    return address == "/" or (
        address[:1] == "/" and re.split("[/?#]", address[1:], maxsplit=1)[0] in OWN_NAMES
    )


class Addresses(HTMLParser):
    """The addresses in HTML: `good` have the path, `wrong` lack it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.good: set[str] = set()
        self.wrong: list[str] = []
        self._is_data = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_data = tag == "script" and ("type", "application/json") in attrs
        for name, value in attrs:
            if name in TYPED or not value:
                continue
            for one in value.split(", ") if name == "srcset" else [value]:
                self._note(one.strip().partition(" ")[0], f"<{tag} {name}>")

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.read(json.loads(data))
            self._is_data = False

    def read(self, found: Any, key: str = "") -> None:
        """JSON."""
        match found:
            case dict():
                for name, value in found.items():
                    self.read(value, name)
            case list():
                for value in found:
                    self.read(value, key)
            case str() if key not in WORDS:
                self._note(found, f'"{key}"')
                if "<" in found:
                    inner = Addresses(found)
                    self.good |= inner.good
                    self.wrong += [f'"{key}": {one}' for one in inner.wrong]

    def _note(self, address: str, where: str) -> None:
        if lacks(address):
            self.wrong.append(f"{where} {address}")
        elif address.startswith(f"{BASE}/"):
            self.good.add(address.partition("#")[0])


def addresses_of_json(text: str) -> Addresses:
    found = Addresses("")
    found.read(json.loads(text))
    return found


def wrong_headers(headers: list[tuple[str, str]]) -> list[str]:
    """Those that name an address without the path, and cookies for others than the site."""
    wrong = []
    for name, value in headers:
        if name == "Set-Cookie":
            if f"; Path={BASE};" not in f"{value};" or value.startswith("__Host-"):
                wrong.append(f"{name}: {value}")
        elif any(lacks(one.strip("<>")) for one in re.split("[ ,;]+", value)):
            wrong.append(f"{name}: {value}")
        elif name == "Clear-Site-Data":
            wrong.append(f"{name} clears what other sites of the host have kept")
    return wrong
