# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels: how a source and a failure are written down, and read back."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource


@pytest.mark.parametrize(
    ("source", "labels"),
    [
        (VaultSource("shop/db"), {"vault_path": "shop/db"}),
        (VaultSource("shop/db", "user"), {"vault_path": "shop/db", "vault_field": "user"}),
        (VaultSource("db", mount="a/b"), {"vault_path": "db", "vault_mount": "a/b"}),
        (VaultSource("db", engine="kv1"), {"vault_path": "db", "vault_engine": "kv1"}),
        (
            VaultSource("aws/creds/x", engine="read"),
            {"vault_path": "aws/creds/x", "vault_engine": "read"},
        ),
        (VaultSource("db", version=7), {"vault_path": "db", "vault_version": "7"}),
        (VaultSource("db", format="json"), {"vault_path": "db", "vault_format": "json"}),
    ],
)
def test_a_source_is_told_by_labels_less_the_defaults(
    source: VaultSource, labels: dict[str, str]
) -> None:
    assert secret_labels.source_labels(source) == labels
    assert secret_labels.source_from_labels(labels) == source


def test_labels_written_by_hand_may_name_defaults_and_have_slashes_about() -> None:
    labels = {
        "vault_path": "/shop/db/",
        "vault_field": "",
        "vault_mount": "/secret/",
        "vault_engine": "kv2",
        "vault_format": "plain",
        "vault_version": "",
    }
    assert secret_labels.source_from_labels(labels) == VaultSource("shop/db")


@pytest.mark.parametrize("path", [{}, {"vault_path": ""}, {"vault_path": "/"}])
def test_without_a_path_labels_tell_no_source(path: dict[str, str]) -> None:
    assert secret_labels.source_from_labels({**path, "vault_field": "password"}) is None


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("vault_engine", "kv3"),
        ("vault_format", "yaml"),
        ("vault_version", "latest"),
        ("vault_version", "0"),
        ("vault_version", "-1"),
        ("vault_version", "²"),
        ("vault_version", "9" * 5000),  # Python refuses to read a number this long
    ],
)
def test_a_label_that_makes_no_sense_is_named(label: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"label {label}="):
        secret_labels.source_from_labels({"vault_path": "db", label: value})


@pytest.mark.case("V10", "V11")
@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ({"vault_engine": "kv1", "vault_version": "3"}, "vault_version goes with vault_engine kv2"),
        (
            {"vault_params": '{"ttl": "1h"}'},
            "vault_params goes with vault_engine pki, not with kv2",
        ),
        ({"vault_engine": "read", "vault_mount": "database"}, "beginning of vault_path, such as"),
        ({"vault_renew_before": "1h"}, "values that end, and those of kv2 do not"),
        ({"vault_engine": "pki", "vault_field": "cert"}, "a certificate has no field 'cert'"),
        ({"vault_engine": "pki"}, "vault_field is missing, it must be one of certificate"),
    ],
)
def test_labels_that_an_engine_would_ignore_name_no_source(
    labels: dict[str, str], problem: str
) -> None:
    with pytest.raises(ValueError, match=f"^by its labels, .*{problem}"):
        secret_labels.source_from_labels({"vault_path": "db/issue/x", **labels})


@pytest.mark.parametrize(
    ("source", "same"),
    [
        (VaultSource("shop/db", "password"), True),
        (VaultSource("shop/db", "user"), False),
        (VaultSource("shop/db"), False),
        (VaultSource("shop/db2", "password"), False),
        (VaultSource("shop/db", "password", mount="kv"), False),
        (VaultSource("shop/db", "password", version=3), False),
        (VaultSource("shop/db", "password", format="json"), False),
        (None, False),
    ],
)
def test_a_source_is_the_same_only_if_all_of_it_is(source: VaultSource | None, same: bool) -> None:
    assert (
        secret_labels.same_source({"vault_path": "shop/db", "vault_field": "password"}, source)
        is same
    )


def test_a_secret_without_a_source_agrees_with_data() -> None:
    assert secret_labels.same_source({"team": "shop"}, None)


@pytest.mark.parametrize(
    ("label", "reserved"),
    [
        ("swarmvault.name", True),
        ("swarmvault.anything", True),
        ("vault_path", True),
        ("vault_version", True),
        ("team", False),
        ("vault_owner", False),
        ("swarmvaults", False),
    ],
)
def test_labels_the_collection_writes_are_reserved(label: str, reserved: bool) -> None:
    assert secret_labels.is_reserved(label) is reserved


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {secret_labels.STATUS: "pending"},
            {secret_labels.STATUS: "quarantined", secret_labels.FAILED_ON: "web"},
        ),
        (
            {secret_labels.STATUS: "active"},
            {secret_labels.STATUS: "active", secret_labels.FAILED_ON: "web"},
        ),
        (
            {secret_labels.STATUS: "quarantined", secret_labels.FAILED_ON: "api"},
            {secret_labels.STATUS: "quarantined", secret_labels.FAILED_ON: "api,web"},
        ),
        (
            {secret_labels.STATUS: "active", secret_labels.FAILED_ON: "web,api"},
            {secret_labels.STATUS: "active", secret_labels.FAILED_ON: "web,api"},
        ),
    ],
    ids=["never converged", "good elsewhere", "failed before", "failed here before"],
)
def test_a_failure_is_noted_and_quarantines_what_never_converged(
    before: dict[str, str], after: dict[str, str]
) -> None:
    kept = {"vault_path": "shop/db", "team": "shop"}
    assert secret_labels.with_failure({**kept, **before}, "web") == {**kept, **after}
    assert secret_labels.failed_on(after)[-1] in {"web", "api"}


def test_a_failure_changes_no_labels_that_others_hold() -> None:
    labels = {secret_labels.STATUS: "pending"}
    secret_labels.with_failure(labels, "web")
    assert labels == {secret_labels.STATUS: "pending"}


def test_who_a_version_failed_on_is_read_back_in_order() -> None:
    assert secret_labels.failed_on({secret_labels.FAILED_ON: "web,api"}) == ("web", "api")
    assert secret_labels.failed_on({}) == ()


def test_what_was_rejected_meanwhile_is_not_promoted() -> None:
    assert secret_labels.promoted({secret_labels.STATUS: "pending", "a": "1"}) == {
        secret_labels.STATUS: "active",
        "a": "1",
    }
    assert secret_labels.promoted({secret_labels.STATUS: "quarantined"}) == {
        secret_labels.STATUS: "quarantined"
    }


def test_a_change_is_made_to_whatever_the_labels_are_by_then() -> None:
    change = secret_labels.same_change(
        {"a": "1", "b": "1", "c": "1"}, {"a": "2", "c": "1", "d": "1"}
    )
    assert change({"a": "1", "b": "1", "c": "theirs", "e": "theirs"}) == {
        "a": "2",
        "c": "theirs",
        "d": "1",
        "e": "theirs",
    }


def test_a_rollback_on_demand_rejects_a_version_for_all() -> None:
    assert secret_labels.rolled_back(
        {secret_labels.STATUS: "active", secret_labels.FAILED_ON: "web"}
    ) == {secret_labels.STATUS: "quarantined"}


@pytest.mark.parametrize("pinned", [None, 3])
def test_a_driver_is_told_the_version_and_the_source_is_read_back_as_it_was(
    pinned: int | None,
) -> None:
    source = VaultSource("shop/db", "user", version=pinned)
    labels = secret_labels.pinned_labels(source, 3)
    labels[secret_labels.SOURCE_VERSION] = "3"
    assert labels["vault_version"] == "3"
    assert labels["vault_mount"] == "secret"
    assert secret_labels.source_from_labels(labels) == source
    assert secret_labels.same_source(labels, source)
    assert secret_labels.reads_pinned(labels, source, 3)
    assert not secret_labels.reads_pinned(labels, source, 4)
    other = VaultSource("shop/db", "user", version=None if pinned else 3)
    assert not secret_labels.same_source(labels, other)
    assert secret_labels.reads_pinned(labels, other, 3)
    assert not secret_labels.reads_pinned(labels, VaultSource("shop/db", "password"), 3)


def test_a_pin_of_ours_that_somebody_changed_names_another_source() -> None:
    source = VaultSource("shop/db", "user")
    labels = {**secret_labels.pinned_labels(source, 3), secret_labels.SOURCE_VERSION: "3"}
    assert not secret_labels.same_source({**labels, "vault_version": "4"}, source)


def test_what_only_the_driver_reads_goes_on_as_long_as_the_driver_does() -> None:
    labels = {"owner": "shop", "vault_wrap": "30s", "vault_path": "x", "openbao_path": "y"}
    assert secret_labels.inherited(labels) == {"owner": "shop"}
    kept = secret_labels.inherited(labels, for_driver=True)
    assert kept == {"owner": "shop", "vault_wrap": "30s"}
