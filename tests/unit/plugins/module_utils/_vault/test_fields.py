# SPDX-License-Identifier: GPL-3.0-or-later
"""From the fields at a path to the bytes in a container."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.fields import (
    SIZE_LIMIT,
    Fields,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.json_text import loads
from hypothesis import given
from hypothesis import strategies as st

CANARY = "canary-19c2"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def value(data: dict[str, t.Any], field: str | None = None, value_format: str = "plain") -> bytes:
    return Fields("secret/app", data).value(field, value_format).reveal()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("pässwörd\n", "pässwörd\n".encode()),
        (" blank ends ", b" blank ends "),
        (5432, b"5432"),
        (1.5, b"1.5"),
        (True, b"true"),
        ([1, "ä"], '[1,"ä"]'.encode()),
        ({"b": 1, "a": {"d": 2, "c": 3}}, b'{"a":{"c":3,"d":2},"b":1}'),
    ],
)
def test_plain_gives_text_as_it_is_and_the_rest_as_json(content: object, expected: bytes) -> None:
    assert value({"x": content, "y": CANARY}, "x") == expected


@pytest.mark.case("V13")
def test_null_is_no_value_in_plain_format_and_json_text_in_json() -> None:
    data = {"x": None, "y": CANARY}
    with pytest.raises(SourceError, match="field 'x' of secret/app is null in Vault") as caught:
        value(data, "x")
    assert "vault_format to json" in caught.value.remedy
    with pytest.raises(SourceError, match="is null"):
        value({"x": None})  # the only field
    assert value(data, "x", "json") == b"null"
    assert value({"x": None}, None, "json") == b'{"x":null}'


@pytest.mark.case("V13")
@pytest.mark.parametrize(
    "written", ["1.10", "1.0", "-0", "1e3", "1E400", "0.1000", "12345678901234567890", "9" * 5000]
)
def test_a_number_has_the_text_that_vault_gave(written: str) -> None:
    data = loads(f'{{"x": {written}, "y": {{"z": [{written}]}}}}'.encode())
    assert value(data, "x") == written.encode()
    assert value(data, "y") == f'{{"z":[{written}]}}'.encode()
    assert value(data, None, "json") == f'{{"x":{written},"y":{{"z":[{written}]}}}}'.encode()


BINARY = bytes(range(256))


@pytest.mark.case("V14")
@pytest.mark.parametrize("breaks", ["", "\n", "\r\n"])
@pytest.mark.parametrize("field", ["x", None])
def test_base64_gives_the_bytes(field: str | None, breaks: str) -> None:
    text = base64.b64encode(BINARY).decode()
    lines = breaks.join(text[start : start + 64] for start in range(0, len(text), 64)) + breaks
    assert value({"x": lines}, field, "base64") == BINARY


@pytest.mark.case("V14")
@pytest.mark.parametrize(
    "content",
    [CANARY, CANARY + "=", "AAEC/w", "AAEC_w==", "AA==AA==", "ä", 7, None, True, ["AA=="]],
)
def test_what_is_not_base64_is_refused_by_name_and_never_shown(content: object) -> None:
    with pytest.raises(SourceError) as caught:
        value({"x": content}, "x", "base64")
    assert caught.value.message == (
        "The value of field 'x' of secret/app is not base64, as vault_format says it is."
    )
    assert caught.value.__context__ is None
    if isinstance(content, str):
        assert content not in str(caught.value)


@pytest.mark.case("V14")
def test_base64_is_of_one_field_and_its_bytes_have_the_size_that_counts() -> None:
    with pytest.raises(SourceError, match="several fields in Vault: x, y"):
        value({"x": "AA==", "y": "AA=="}, None, "base64")
    with pytest.raises(SourceError, match="has 0 bytes"):
        value({"x": " \n"}, "x", "base64")
    full = base64.b64encode(b"x" * (SIZE_LIMIT - 1)).decode()
    assert len(value({"x": full}, "x", "base64")) == SIZE_LIMIT - 1


def test_json_of_a_text_has_quotes() -> None:
    assert value({"x": 'a"b'}, "x", "json") == rb'"a\"b"'


def test_the_only_field_needs_no_name() -> None:
    assert value({"x": "v"}) == b"v"


def test_json_without_a_field_is_the_whole_object() -> None:
    assert value({"b": "1", "a": [2]}, None, "json") == b'{"a":[2],"b":"1"}'


@given(st.dictionaries(st.text(max_size=4), JSON, min_size=1, max_size=5), st.randoms())
def test_the_same_object_is_always_the_same_bytes(data: dict[str, t.Any], order: t.Any) -> None:
    try:
        expected = value(data, None, "json")
    except SourceError:
        return  # text that is no Unicode, tested below
    items = list(data.items())
    order.shuffle(items)
    assert value(dict(items), None, "json") == expected
    assert json.loads(expected) == data
    # As Python writes it, so that what was fingerprinted before has the same bytes still.
    written = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert expected == written.encode()
    assert value(loads(written.encode()), None, "json") == expected


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"user": CANARY, "pass": CANARY}, None, "several fields in Vault: pass, user"),
        ({"user": CANARY, "pass": CANARY}, "pas", "no field 'pas' in Vault; it has pass, user"),
        ({}, None, "has no fields"),
        ({}, "x", "no field 'x' in Vault; it has none"),
        ({"x": ""}, "x", "field 'x' of secret/app has 0 bytes"),
        ({"x": CANARY + "\ud800"}, "x", "not valid Unicode"),
    ],
)
def test_what_cannot_be_had_is_said_with_names_but_no_values(
    data: dict[str, t.Any], field: str | None, message: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        value(data, field)
    assert "secret/app" in caught.value.message
    assert CANARY not in str(caught.value)
    # Nor in an exception behind it.
    assert caught.value.__context__ is None


@pytest.mark.parametrize("size", [1, SIZE_LIMIT - 1])
def test_a_size_that_the_engine_takes_is_fine(size: int) -> None:
    assert len(value({"x": "x" * size})) == size


@pytest.mark.parametrize("text", ["x" * SIZE_LIMIT, "ä" * (SIZE_LIMIT // 2)])
def test_a_value_too_large_for_the_engine_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="512,000 bytes, but a Swarm secret has 1 to 511,999"):
        value({"x": text})


def test_fields_do_not_show_values() -> None:
    assert CANARY not in f"{Fields('p', {'x': CANARY})!r}{Fields('p', {'x': CANARY})}"
