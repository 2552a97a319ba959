# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error says to people, and what it tells the code that handles it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors

PACKAGE = errors.__name__.rpartition("._common")[0]
MODULE_UTILS = Path(errors.__file__).parents[1]


def test_an_error_says_what_went_wrong_and_what_to_try() -> None:
    error = errors.InputError("Reading db failed.", "Try again.")
    assert str(error) == "Reading db failed. Try again."
    assert (error.message, error.remedy) == ("Reading db failed.", "Try again.")


def test_an_error_without_a_remedy_ends_with_its_message() -> None:
    assert str(errors.SourceError("No.")) == "No."


@pytest.mark.parametrize(
    "kind",
    [
        errors.DockerNotFoundError,
        errors.NameTakenError,
        errors.InUseError,
        errors.OutOfSequenceError,
    ],
)
def test_what_the_engine_refuses_is_final_unless_told_otherwise(
    kind: type[errors.DockerError],
) -> None:
    assert not kind("No.").transient
    assert kind("No.", status=409).status == 409


def test_a_source_that_cannot_be_reached_is_a_source_error() -> None:
    assert issubclass(errors.SourceUnreachableError, errors.SourceError)


@pytest.mark.parametrize("kind", [errors.DockerError, errors.SourceError, errors.InputError])
def test_every_error_is_one_that_an_edge_catches(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.SwarmVaultError)


def test_the_tree_in_the_docstring_is_that_of_all_exceptions() -> None:
    for file in MODULE_UTILS.rglob("*.py"):
        parts = file.relative_to(MODULE_UTILS).with_suffix("").parts
        importlib.import_module(".".join([PACKAGE, *parts]).removesuffix(".__init__"))
    assert told() == dict(found(errors.SwarmVaultError))


def told() -> dict[str, str]:
    """Give each exception of the docstring with the one above it."""
    parents: list[str] = []
    tree = {}
    lines = re.findall(r"^    ( *)(\w+Error) ?", errors.__doc__ or "", re.MULTILINE)
    for indent, name in lines:
        del parents[len(indent) // 2 :]
        tree[name] = parents[-1] if parents else "Exception"
        parents.append(name)
    return tree


def found(kind: type[Exception]) -> Iterator[tuple[str, str]]:
    yield kind.__name__, kind.__bases__[0].__name__
    for child in kind.__subclasses__():
        if child.__module__.startswith(PACKAGE):  # tests have some of their own
            yield from found(child)
