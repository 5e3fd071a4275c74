"""Names: the letters of any one script, found in any capitals, and no two that look alike."""

import pytest

from accounts.people.looks import display_look, look
from accounts.people.names import BadName, clean_name, is_reserved, name_key


@pytest.mark.parametrize(
    "name",
    [
        "alice",
        "Al-ice.2",
        "a",
        "7",
        "x_y",
        "a--b",
        "Élodie",
        "Straße",
        "Ωμέγα",
        "Алиса",
        "שלום",
        "مريم",
        "हिन्दी",
        "தமிழ்",
        "สมชาย",
        "小明",
        "さくら花",
        "カナ漢字",
        "서울사람",
        "汉ㄅ",
        "a" * 32,
    ],
)
def test_names_of_every_language(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "a b",
            "a\tb",
            "a\nb",
            "a\0b",
            "@alice",
            "#room",
            "/me",
            "a,b",
            "a:b",
            "<b>",
            "a'b",
            "a|b",
            "a/b",
            "a\\b",
        ),
        *(".a", "a.", "-a", "a-", "_a", "a_", ".", "..", "a" * 33, "🙂", "a🙂"),
        *(
            "al\u200bice",
            "al\u200dice",
            "\u202ealice",
            "al\u00adice",
            "\ufeffalice",
            "alice\u2028",
            "a\ud800",
            "a\uffff",
        ),
        *("x²", "ﬁ", "Ⅷ", "½", "№"),
        *("\u0301a", "a" + "\u0301" * 6),
    ],
)
def test_no_names(name: str) -> None:
    with pytest.raises(BadName):
        clean_name(name)


@pytest.mark.parametrize("name", ["аlice", "alіce", "Αlice", "paypaӏ", "小a", "aд", "שa"])
def test_letters_of_two_scripts_are_refused(name: str) -> None:
    with pytest.raises(BadName, match=r"one script|Letters"):
        clean_name(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice", "aLICE"),
        ("Élodie", "e\u0301LODIE"),
        ("ａｌｉｃｅ", "alice"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Алиса", "аЛИСА"),
    ],
)
def test_one_name_has_one_key(one: str, other: str) -> None:
    assert name_key(clean_name(one)) == name_key(clean_name(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "AIice"),
        ("alice", "a1ice"),
        ("bob", "b0b"),
        ("pop", "рор"),
        ("HOC", "НОС"),
        ("coco", "сосо"),
        ("Ivo", "lvo"),
        ("ooo", "οοο"),
        ("siteadm", "siteadrn"),
        ("modern", "rnodem"),
        ("willy", "vvilly"),
        ("wave", "VVave"),
        ("david", "clavicl"),
        ("David", "cIavid"),
        ("iris", "lris"),
        ("mail", "mall"),
        ("i0", "lO"),
        ("ilker", "İlker"),
        ("ilker", "ılker"),
        ("Işıl", "işil"),
        ("kiki", "κικι"),
        ("علي", "علی"),
        ("كامل", "کامل"),
        ("ロボ", "口ボ"),
    ],
)
def test_names_that_look_alike_have_one_look(one: str, other: str) -> None:
    assert look(clean_name(one)) == look(clean_name(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("alice", "alicia"), ("ann", "anna"), ("irma", "erma"), ("müller", "muller"), ("a.b", "a-b")],
)
def test_names_that_differ_have_two(one: str, other: str) -> None:
    assert look(clean_name(one)) != look(clean_name(other))


@pytest.mark.parametrize(
    "name", ["adrnin", "AdmIn", "adm1n", "aclmin", "r00t", "AII", "a1l", "HERE", "rnoderator"]
)
def test_what_looks_like_a_reserved_name_is_reserved(name: str) -> None:
    assert is_reserved(clean_name(name))


@pytest.mark.parametrize("name", ["ali", "Ali", "al", "alli", "roo", "her", "theadmin"])
def test_other_names_are_free(name: str) -> None:
    assert not is_reserved(clean_name(name))


def test_a_handle_and_a_name_are_compared_as_they_are_displayed() -> None:
    for handle, name in (("josé", "Jose"), ("jean-luc", "Jean Luc"), ("Tim", "tlm"), ("Вова", "ВОВА")):
        assert display_look(handle) == display_look(name), handle
