"""What somebody signed in with, in a few words, from what their browser says of itself. It may say
anything: nothing is decided by it."""

import re

from helpers.text.translation import current

# In this order: most of them claim to be those below them as well.
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
    """Like `Firefox, Linux`; of another program the first word that it says."""
    browser = next((name for name, mark in _BROWSERS if mark in agent), "")
    system = next((name for name, mark in _SYSTEMS if mark in agent), "")
    if not browser and not system:
        product = _PRODUCT.match(agent.partition("/")[0])
        return product[0].strip() if product else current().t("An unknown device")
    return ", ".join(filter(None, (browser, system)))
