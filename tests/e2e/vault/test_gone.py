# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions that were deleted or destroyed are reported, and nothing is made of them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceVersion,
    VaultSource,
)

from tests.e2e.vault.support import problem, value_of, version_of

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.reader import (
        VaultReader,
    )

    from testbed import OpenBao


@pytest.fixture
def path(bao: OpenBao, request: pytest.FixtureRequest) -> str:
    """A secret of two versions."""
    name = f"gone/{request.node.name}"
    bao.put(name, x="one")
    bao.put(name, x="two")
    return name


def test_deleted(bao: OpenBao, reader: VaultReader, path: str) -> None:
    kv = bao.client().secrets.kv.v2
    kv.delete_latest_version_of_secret(path)
    error = problem(reader, VaultSource(path))
    assert error.__class__ is SourceError
    assert f"Version 2 of secret/{path} was deleted in Vault at 20" in error.message
    assert "Nothing is touched" in error.message
    # The version before is not what the user asked for, unless he names it.
    assert value_of(reader, VaultSource(path, version=1)) == b"one"
    kv.undelete_secret_versions(path, [2])
    assert value_of(reader, VaultSource(path)) == b"two"


def test_destroyed(bao: OpenBao, reader: VaultReader, path: str) -> None:
    bao.client().secrets.kv.v2.destroy_secret_versions(path, [2])
    error = problem(reader, VaultSource(path))
    assert f"Version 2 of secret/{path} is destroyed" in str(error)


@pytest.mark.parametrize("how", ["delete", "destroy"])
def test_gone_between_plan_and_read(bao: OpenBao, reader: VaultReader, path: str, how: str) -> None:
    source = VaultSource(path)
    version = version_of(reader, source)
    kv = bao.client().secrets.kv.v2
    if how == "delete":
        kv.delete_latest_version_of_secret(path)
    else:
        kv.destroy_secret_versions(path, [2])
    error = reader.values({source: version})[source]
    assert isinstance(error, SourceError)
    assert f"Version 2 of secret/{path} " in error.message
    assert "Nothing is touched" in error.message


def test_set_to_be_deleted_later(bao: OpenBao, reader: VaultReader) -> None:
    kv = bao.client().secrets.kv.v2
    kv.update_metadata("gone/later", delete_version_after="1h")
    bao.put("gone/later", x="still there")
    assert value_of(reader, VaultSource("gone/later")) == b"still there"


def test_dropped_by_max_versions(bao: OpenBao, reader: VaultReader) -> None:
    bao.client().secrets.kv.v2.update_metadata("gone/dropped", max_versions=2)
    for number in range(4):
        bao.put("gone/dropped", x=str(number))
    error = problem(reader, VaultSource("gone/dropped", version=1))
    assert "no version 1" in str(error)
    assert "versions 3 to 4" in str(error)


def test_no_version_yet(bao: OpenBao, reader: VaultReader) -> None:
    bao.client().secrets.kv.v2.update_metadata("gone/empty", max_versions=2)
    assert "no version yet" in str(problem(reader, VaultSource("gone/empty")))


def test_a_version_that_never_was(bao: OpenBao, reader: VaultReader, path: str) -> None:
    source = VaultSource(path)
    error = reader.values({source: SourceVersion(9)})[source]
    assert "There is nothing at" in str(error)
    del bao
