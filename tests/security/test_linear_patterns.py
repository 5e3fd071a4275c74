"""Every regular expression of the project takes time proportional to the text's length, whatever the
text: each is tried on texts that are made of its own letters, and of twice the length."""

import ast
import importlib
import itertools
import pkgutil
import re
import signal
import time
from collections.abc import Iterator

import pytest

from tests.support.servers import ROOT

PACKAGES = ("helpers", "accounts", "chat", "feed", "notifications", "weather", "administration")

LENGTH = 1500
SUSPICIOUS_SECONDS = 0.001
"""Processor time for LENGTH characters. Linear patterns take a tenth of it."""

FACTOR = 8
"""Times the time of a quarter of the length: linear is 4, quadratic 16."""

GIVE_UP_SECONDS = 1.0

METHODS = {"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"}


class TooSlow(BaseException):
    pass


def collect() -> dict[str, re.Pattern[str]]:
    """All patterns for texts: those that modules and their objects hold, and those that are written
    where they are used."""
    found: dict[str, re.Pattern[str]] = {}
    for package in PACKAGES:
        for info in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                for pattern in held(value):
                    found.setdefault(pattern.pattern, pattern)
                    assert pattern.pattern, f"{info.name}.{name}"
    for path in itertools.chain(*((ROOT / package).rglob("*.py") for package in PACKAGES)):
        if "re." not in (source := path.read_text()):
            continue
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name("re"), attr=method),
                    args=[ast.Constant(str(text)), *_],
                ) if method in METHODS:
                    if text not in found:
                        found[text] = re.compile(text)
    return found


def held(value: object) -> Iterator[re.Pattern[str]]:
    """The patterns that are a value, in a collection, or in an object of this project."""
    values: list[object] = [value]
    if isinstance(value, (tuple, list, set, frozenset)):
        values += value
    elif isinstance(value, dict):
        values += value.values()
    elif type(value).__module__.partition(".")[0] in PACKAGES:
        values += getattr(value, "__dict__", {}).values()
    for one in values:
        if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
            yield one


def letters_of(pattern: str) -> list[str]:
    """The signs that the pattern names, and one of each class that it may mean."""
    named = dict.fromkeys(letter for letter in pattern if not letter.isalnum() and letter.isprintable())
    return list(dict.fromkeys(["a", "0", " ", "\n", "\r", *named]))[:14]


def texts(pattern: str, length: int) -> Iterator[str]:
    letters = letters_of(pattern)
    for first, second in itertools.product(letters, repeat=2):
        yield (first + second) * (length // 2)
        yield first + second * length + "\x7f"


def seconds(pattern: re.Pattern[str], text: str) -> float:
    began = time.thread_time()
    for _ in pattern.finditer(text):
        pass
    return time.thread_time() - began


def slow_text(pattern: re.Pattern[str]) -> str | None:
    """The beginning of a text that takes too long, if there is one."""
    for short, long in zip(texts(pattern.pattern, LENGTH // 4), texts(pattern.pattern, LENGTH), strict=True):
        if seconds(pattern, long) < SUSPICIOUS_SECONDS:
            continue
        least, before = (min(seconds(pattern, text) for _ in range(3)) for text in (long, short))
        if least > FACTOR * before:
            return long[:10]
    return None


def give_up(*_: object) -> None:
    raise TooSlow


@pytest.fixture(autouse=True)
def _interrupted() -> Iterator[None]:
    former = signal.signal(signal.SIGVTALRM, give_up)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, former)


def find_slow_text(pattern: re.Pattern[str]) -> str | None:
    signal.setitimer(signal.ITIMER_VIRTUAL, GIVE_UP_SECONDS)
    try:
        return slow_text(pattern)
    except TooSlow:
        return "takes too long"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def test_every_pattern_is_linear() -> None:
    patterns = collect()
    assert len(patterns) > 30
    assert any("mailto" in text for text in patterns), "also those of objects"
    slow = {text: find_slow_text(pattern) for text, pattern in patterns.items()}
    assert not {text: found for text, found in slow.items() if found is not None}


@pytest.mark.parametrize(
    "text", [r'"(?:[^"\\]|\\.)*"', r"[\r\n]\s*[-+=]", r"(?:a|a)*b", r"\*([^\n]*?\S)\*", r"\s+$"]
)
def test_others_are_noticed(text: str) -> None:
    """The first two and the fourth were ours."""
    assert find_slow_text(re.compile(text)) is not None
