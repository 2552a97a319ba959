# SPDX-License-Identifier: GPL-3.0-or-later
"""From the fields at a path to the bytes in a container."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.fields import (
    SIZE_LIMIT,
    Fields,
)
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
        (None, b"null"),
        ([1, "ä"], '[1,"ä"]'.encode()),
        ({"b": 1, "a": {"d": 2, "c": 3}}, b'{"a":{"c":3,"d":2},"b":1}'),
    ],
)
def test_plain_gives_text_as_it_is_and_the_rest_as_json(content: object, expected: bytes) -> None:
    assert value({"x": content, "y": CANARY}, "x") == expected


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
