# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Swarm secrets are versions of which logical secret, and which of them is which."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.versions import (
    LogicalSecret,
    group_versions,
    managed_version,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import SwarmSecret

from tests.unit.plugins.module_utils._rotation.builders import (
    managed_labels,
    names,
    secret,
    swarm,
    version,
)

SIDE_BY_SIDE = ["db", "db_v", "db_vault_token", "db_v1"]


def numbered(logical: LogicalSecret) -> list[int]:
    return [item.number for item in logical.versions]


def test_logical_secrets_with_alike_names_each_keep_to_their_own() -> None:
    secrets = [version(name, number) for name in SIDE_BY_SIDE for number in (1, 2, 10)]
    grouped = group_versions(secrets)
    assert {name: names(group.versions) for name, group in grouped.items()} == {
        name: [f"{name}_v1", f"{name}_v2", f"{name}_v10"] for name in SIDE_BY_SIDE
    }


def test_versions_are_ordered_by_number_not_by_text() -> None:
    grouped = group_versions([version("db", number) for number in (10, 9, 2)])
    assert numbered(grouped["db"]) == [2, 9, 10]


def test_an_unmanaged_secret_of_the_logical_name_is_the_original() -> None:
    logical = group_versions([version("db", 1), secret("db"), secret("db_x")])["db"]
    assert numbered(logical) == [0, 1]
    assert logical.original is not None
    assert logical.original.secret.name == "db"
    assert names(logical.managed) == ["db_v1"]


@pytest.mark.parametrize(
    "impostor",
    [
        secret("db_v2"),
        secret("db_v2", {secret_labels.NAME: "db"}),
        secret("db_v2", {secret_labels.VERSION: "2"}),
        secret("db_v2", managed_labels("db", 3)),
        secret("db_v2", managed_labels("other", 2)),
        secret("copy_of_db", managed_labels("db", 2)),
        secret("db_v0", managed_labels("db", 0)),
        secret("db_v-1", {**managed_labels("db", 1), secret_labels.VERSION: "-1"}),
        secret("db_v²", {**managed_labels("db", 1), secret_labels.VERSION: "²"}),
        secret("db_v9", {**managed_labels("db", 9), secret_labels.VERSION: "9" * 5000}),
    ],
    ids=lambda item: f"{item.name}-{item.labels.get(secret_labels.VERSION, '')[:3]}",
)
def test_a_secret_whose_name_and_labels_do_not_agree_is_nobodys_version(
    impostor: SwarmSecret,
) -> None:
    assert managed_version(impostor) is None
    grouped = group_versions([version("db", 1), impostor])
    assert names(grouped["db"].versions) == ["db_v1"]
    assert grouped[impostor.name].original is not None


def test_an_original_is_never_pending_or_quarantined_whatever_its_labels_say() -> None:
    (original,) = group_versions([secret("db", {secret_labels.STATUS: "quarantined"})])[
        "db"
    ].versions
    assert original.status == "active"
    assert not original.is_quarantined


def test_a_version_without_a_status_counts_as_active() -> None:
    labels = managed_labels("db", 1)
    del labels[secret_labels.STATUS]
    (found,) = group_versions([secret("db_v1", labels)])["db"].versions
    assert found.status == "active"


@pytest.mark.parametrize(
    ("label", "number"), [("7", 7), ("", None), ("x", None), ("9" * 5000, None)]
)
def test_the_source_version_is_read_where_there_is_a_number(label: str, number: int | None) -> None:
    found = managed_version(
        secret("db_v1", {**managed_labels("db", 1), secret_labels.SOURCE_VERSION: label})
    )
    assert found is not None
    assert found.source_version == number


def test_newest_is_the_last_that_is_not_quarantined() -> None:
    logical = swarm(
        secret("db"),
        version("db", 1),
        version("db", 2, status="pending"),
        version("db", 3, status="quarantined"),
    ).secret("db")
    assert logical.newest is not None
    assert logical.newest.number == 2
    assert names(logical.quarantined) == ["db_v3"]


def test_the_original_stands_in_while_every_version_is_quarantined() -> None:
    logical = swarm(secret("db"), version("db", 1, status="quarantined")).secret("db")
    assert logical.newest is None
    assert logical.fallback == logical.original


def test_a_rollback_leads_to_the_last_active_version_before() -> None:
    logical = swarm(
        secret("db"),
        version("db", 1),
        version("db", 2, status="quarantined"),
        version("db", 3, status="pending"),
        version("db", 4),
    ).secret("db")
    found = [logical.before(number) for number in (4, 2, 1, 0)]
    assert [item.number if item else None for item in found] == [1, 1, 0, None]


def test_the_newest_version_speaks_for_the_source_also_when_quarantined() -> None:
    logical = swarm(
        secret("db", {"vault_path": "old"}),
        version("db", 1, status="quarantined"),
    ).secret("db")
    assert logical.labels["vault_path"] == "shop/db"


def test_a_logical_secret_that_is_not_there_is_empty() -> None:
    logical = swarm().secret("db")
    assert (logical.versions, logical.newest, logical.original, logical.labels) == (
        (),
        None,
        None,
        {},
    )
