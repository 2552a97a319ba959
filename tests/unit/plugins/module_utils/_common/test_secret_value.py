# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret value shows itself only to who asks for it by name."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)

CANARY = "canary-value-7f3a"
VALUE = SecretValue(CANARY.encode())


@dataclass(frozen=True)
class Holder:
    """Something that carries a value without hiding it by itself."""

    value: SecretValue


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{!r:>40}".format,
        "{:>40}".format,
        lambda value: f"{value}",
        lambda value: f"{[value]}",
        lambda value: f"{({'key': value},)}",
        lambda value: repr(Holder(value)),
        lambda value: "%s %r" % (value, value),  # noqa: UP031 - the old way is to be shown too
    ],
)
def test_no_text_made_of_a_value_shows_it(show: Callable[[SecretValue], str]) -> None:
    assert CANARY not in show(VALUE)


@pytest.mark.parametrize(
    "leave",
    [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, hash, bytes, lambda v: asdict(Holder(v))],
)
def test_a_value_leaves_by_no_side_door(leave: Callable[[SecretValue], object]) -> None:
    with pytest.raises(TypeError) as caught:
        leave(VALUE)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_value_has_no_attributes_to_dump() -> None:
    with pytest.raises(TypeError):
        vars(VALUE)


def test_reveal_gives_the_bytes_themselves() -> None:
    assert SecretValue(b"\x00\xff").reveal() == b"\x00\xff"


def test_values_are_compared_by_their_bytes() -> None:
    assert SecretValue(CANARY.encode()) == VALUE
    assert SecretValue(b"another") != VALUE
    assert VALUE != CANARY


def test_the_length_is_in_bytes() -> None:
    assert len(SecretValue("ü".encode())) == 2
