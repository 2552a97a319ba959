# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that users and labels name, before they become part of a request."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.engines.location import (
    locate,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (VaultSource("shop/db"), ("kv2", "secret", "shop/db")),
        (VaultSource("/shop/db/", mount="/a/b/"), ("kv2", "a/b", "shop/db")),
        (VaultSource("x", engine="kv1"), ("kv1", "secret", "x")),
        (VaultSource("/database/creds/x", engine="read"), ("read", "", "database/creds/x")),
        (VaultSource("with blank/..x/ä%?#"), ("kv2", "secret", "with blank/..x/ä%?#")),
    ],
)
def test_slashes_at_the_ends_do_not_matter(
    source: VaultSource, expected: tuple[str, str, str]
) -> None:
    place = locate(source)
    assert place[:3] == expected
    assert str(place) == "/".join(filter(None, expected[1:]))


@pytest.mark.parametrize(
    "path", ["", "/", "..", "../x/seal", "a/../../x", "a/./b", "a//b", "a/b\n", "a\tb"]
)
def test_a_path_that_could_leave_its_mount_is_refused(path: str) -> None:
    with pytest.raises(InputError, match=r"^vault_path "):
        locate(VaultSource(path))
    with pytest.raises(InputError, match=r"^vault_path "):
        locate(VaultSource(path, engine="read"))


@pytest.mark.parametrize("mount", ["", "/", "..", "secret/../other"])
def test_so_is_a_mount(mount: str) -> None:
    with pytest.raises(InputError, match=r"^vault_mount "):
        locate(VaultSource("x", mount=mount))
