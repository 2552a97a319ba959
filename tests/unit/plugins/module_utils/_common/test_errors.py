# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error says to people, and what it tells the code that handles it."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors


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
