"""What is one emoji, and what isn't."""

import pytest

from helpers.text.emoji import canonical_emoji, same_emoji

EMOJIS = [
    "👍",
    "👍🏽",
    "❤️",
    "❤",
    "😀",
    "🇩🇪",
    "1️⃣",
    "#⃣",
    "👩🏽‍❤️‍💋‍👨🏿",
    "👨‍👩‍👧‍👦",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "🏳️‍🌈",
    "🫨",
    "☕",
    "✅",
    "™",
    "⌚",
    "🀄",
    "🅰️",
    "🈁",
    "🥹",
    "⭐\ufe0f",
    "👍\ufe0f",
    "👁️‍🗨",
    "🦰",
]
NONE = [
    *(
        "",
        " ",
        "a",
        "1",
        "#",
        "ok",
        "é",
        "中",
        "👍👍",
        "👍 ",
        " 👍",
        "👍a",
        "\u200d",
        "\ufe0f",
        "🏽",
        "🇩",
        "🇩🇪🇫",
        "👍\u200d",
        "\u200d👍",
    ),
    *(
        "❶",
        "①",
        "+",
        "<",
        "\x00",
        "\ud83d",
        "👍\n",
        "⃣",
        "a⃣",
        "👨" + "\u200d👨" * 5,
        "😀" * 100,
        "\U000e0067",
        ":smile:",
        "\ufffd",
        "\u202e",
        "★",
        "🏽\ufe0f",
        "👍\ufe0f\ufe0f",
        "👍\u200d👍",
        "🇽🇽",
    ),
]


@pytest.mark.parametrize("text", EMOJIS, ids=ascii)
def test_emojis(text: str) -> None:
    assert canonical_emoji(text)


@pytest.mark.parametrize("text", NONE, ids=ascii)
def test_no_emojis(text: str) -> None:
    assert canonical_emoji(text) is None


def test_every_way_to_write_an_emoji_is_the_same_one() -> None:
    assert canonical_emoji("❤") == canonical_emoji("❤️") == same_emoji("❤") == "❤️"
    assert canonical_emoji("👍\ufe0f") == "👍"
    assert canonical_emoji("👩🏽‍❤‍💋‍👨🏿") == "👩🏽‍❤️‍💋‍👨🏿"
    assert canonical_emoji("👍🏽") != canonical_emoji("👍")
    assert same_emoji("no emoji") == "no emoji"
