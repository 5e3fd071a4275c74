"""A short description of a device from its User-Agent. The header can contain anything, so nothing
depends on it."""

import re

from helpers.text.translation import current

# The order matters: most browsers also claim to be those further down.
_BROWSERS = (
    ("Edge", "Edg"),
    ("Opera", "OPR/"),
    ("Samsung Internet", "SamsungBrowser/"),
    ("Firefox", "Firefox/"),
    ("Firefox", "FxiOS/"),
    ("Chrome", "CriOS/"),
    ("Chrome", "Chrome/"),
    ("Safari", "Safari/"),
    ("curl", "curl/"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("ChromeOS", "CrOS"),
    ("macOS", "Mac OS X"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,29}")


def device_of(agent: str) -> str:
    """Returns for example `Firefox, Linux`, or the first word of another program's User-Agent."""
    browser = next((name for name, mark in _BROWSERS if mark in agent), "")
    system = next((name for name, mark in _SYSTEMS if mark in agent), "")
    if not browser and not system:
        product = _PRODUCT.match(agent.partition("/")[0])
        return product[0].strip() if product else current().t("An unknown device")
    return ", ".join(filter(None, (browser, system)))
