"""JSON that can be read in one way alone."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.text.strict_json import BadJson, decode, keys_pattern


class _Line(msgspec.Struct):
    text: str = ""
    nonce: str = ""
    on: bool = False


DECODER = msgspec.json.Decoder(_Line)
KEYS = keys_pattern("text", "nonce", "on")

texts = st.text(alphabet=st.sampled_from('a:"{}[],\\ \n'), max_size=20)
members = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["text", "nonce"]), texts),
        st.tuples(st.just("on"), st.booleans()),
        st.tuples(st.sampled_from(["other", "te", "te:xt"]), st.one_of(texts, st.dictionaries(texts, texts))),
    ),
    max_size=5,
)
spaces = st.sampled_from(["", " ", "\n\t"])


@given(members, spaces, spaces)
def test_a_key_that_stands_twice_is_refused_and_nothing_else(
    found: list[tuple[str, object]], before: str, after: str
) -> None:
    text = ",".join(f"{json.dumps(key)}{before}:{after}{json.dumps(value)}" for key, value in found)
    keys = [key for key, _ in found]
    known = [key for key in keys if key in ("text", "nonce", "on")]
    if len(set(known)) < len(known):
        with pytest.raises(BadJson, match="twice"):
            decode(f"{{{text}}}", DECODER, KEYS)
    elif len(set(keys)) == len(keys):
        line = decode(f"{{{text}}}", DECODER, KEYS)
        assert all(getattr(line, key) == value for key, value in found if key in known)


@pytest.mark.parametrize("text", ['{"text":"a","te\\u0078t":"b"}', '{"text":"a:","text":"b"}'])
def test_a_key_is_the_same_however_it_is_written(text: str) -> None:
    with pytest.raises(BadJson, match="twice"):
        decode(text, DECODER, KEYS)
