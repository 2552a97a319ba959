# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of source: KV v2, KV v1, any other path, and a value handed over."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.e2e.support.world import World, given, kv2, vaulted

KEY = SecretValue(b"a fingerprint key")
OTHER_KEY = SecretValue(b"another fingerprint key")


def _actions(world: World, *requests: SecretRequest, **options: object) -> list[str]:
    return [secret.action for secret in world.rotate(*requests, **options).secrets]


def test_kv1_and_any_other_path_are_compared_by_fingerprint(world: World) -> None:
    world.vault.put("sources/one", mount="kv1", key="v")
    requests = [
        SecretRequest("one", source=kv2("sources/one", "key", mount="kv1", engine="kv1")),
        SecretRequest("any", source=kv2("kv1/sources/one", "key", engine="read")),
    ]
    assert _actions(world, *requests) == ["created", "created"]
    assert _actions(world, *requests) == ["unchanged", "unchanged"]
    world.vault.put("sources/one", mount="kv1", key="w")
    assert _actions(world, *requests) == ["rotated", "rotated"]


#: Options that their engine would ignore, and what is said of them.
IGNORED: list[tuple[dict[str, t.Any], str]] = [
    (
        {"path": "sources/one", "mount": "kv1", "engine": "kv1", "version": 1},
        "vault_version goes with vault_engine kv2, not with kv1",
    ),
    (
        {"path": "kv1/sources/one", "engine": "read", "version": 1},
        "vault_version goes with vault_engine kv2, not with read",
    ),
    (
        {"path": "sources/one", "params": '{"ttl": "1h"}'},
        "vault_params goes with vault_engine pki, not with kv2",
    ),
    (
        {"path": "sources/one", "engine": "read", "mount": "kv1"},
        "with read the mount is the beginning of vault_path, such as kv1/sources/one",
    ),
]


@pytest.mark.case("V10")
@pytest.mark.parametrize(("where", "said"), IGNORED)
def test_what_would_be_ignored_is_refused_before_anything_is_read(
    world: World, where: dict[str, t.Any], said: str
) -> None:
    world.put("sources/fine", password="x")
    world.vault.put("sources/one", mount="kv1", key="v")
    world.vault.clear_audit()
    labels = secret_labels.source_labels(VaultSource(**where)) | {
        "vault_mount": where.get("mount", "secret")
    }
    asked = SecretRequest("one", source=VaultSource(**where))

    with pytest.raises(InputError, match=f"one: .*{said}"):
        world.rotate(vaulted("fine", "sources/fine"), asked)
    # By labels it concerns that secret alone, and is told where it is listed and where it is found.
    world.secret("one", "made by hand", labels)
    listed = world.rotate(SecretRequest("one"), discover_paths=("**",))
    found = world.rotate(discover=True, discover_paths=("**",))

    for report in (listed, found):
        assert (report.failed, report.changed) == (True, False)
        assert re.search(said, report.message)
    assert world.names() == ["one"]
    assert world.vault.audit_requests("secret/") == world.vault.audit_requests("kv1/") == []


def test_data_handed_over_is_compared_by_fingerprint(world: World) -> None:
    assert _actions(world, given("db", "one"), hash_key=KEY) == ["created"]
    assert _actions(world, given("db", "one"), hash_key=KEY) == ["unchanged"]
    assert _actions(world, given("db", "two"), hash_key=KEY) == ["rotated"]


def test_another_hash_key_restarts_nothing_unasked(world: World) -> None:
    world.rotate(given("db", "one"), hash_key=KEY)

    for options in ({"hash_key": OTHER_KEY}, {}):
        report = world.rotate(given("db", "one"), given("other", "x"), **options)
        assert report.failed
        assert "another hash_key" in report.message
        assert (report.secrets[0].name, report.secrets[0].action) == ("db", "failed")
    assert world.names() == ["db_v1", "other_v1"]
    assert _actions(world, given("db", "one"), hash_key=OTHER_KEY, force=True) == ["rotated"]
    assert _actions(world, given("db", "one"), hash_key=OTHER_KEY) == ["unchanged"]


def test_a_whole_secret_as_json_a_pinned_version_and_a_changed_path(world: World) -> None:
    world.put("sources/two", b="2", a="1")
    whole = SecretRequest("whole", source=kv2("sources/two", format="json"))
    assert _actions(world, whole) == ["created"]
    world.put("sources/two", a="1", b="2")
    assert _actions(world, whole) == ["recorded"]
    world.put("sources/two", a="1", b="3")
    pinned = SecretRequest("whole", source=kv2("sources/two", format="json", version=2))
    assert _actions(world, pinned) == ["recorded"]
    assert _actions(world, whole) == ["rotated"]
    world.put("sources/moved", a="1", b="3")
    moved = SecretRequest("whole", source=kv2("sources/moved", format="json"))
    assert _actions(world, moved) == ["recorded"]
    assert world.secrets()["whole_v2"]["vault_path"] == "sources/moved"
    assert _actions(world, moved) == ["unchanged"]


def test_a_path_that_was_removed_and_written_anew_is_noticed_at_the_same_number(
    world: World,
) -> None:
    world.put("sources/again", password="one")
    request = vaulted("db", "sources/again")
    world.rotate(request)
    world.forget()
    world.put("sources/again", password="two")

    assert _actions(world, request) == ["rotated"]


def test_labels_of_the_user_are_kept_and_follow_without_a_restart(world: World) -> None:
    world.put("sources/labels", password="one")
    world.rotate(vaulted("db", "sources/labels", labels={"team": "shop"}))
    assert world.secrets()["db_v1"]["team"] == "shop"

    report = world.rotate(vaulted("db", "sources/labels", labels={"team": "platform"}))

    assert [s.action for s in report.secrets] == ["recorded"]
    assert world.secrets()["db_v1"]["team"] == "platform"
    assert world.names() == ["db_v1"]


def test_custom_metadata_is_of_the_path_and_changes_nothing(world: World) -> None:
    world.put("sources/custom", password="value-one")
    asked = vaulted("db", "sources/custom")
    world.rotate(asked)
    world.vault.client().secrets.kv.v2.update_metadata(
        "sources/custom", mount_point="secret", custom_metadata={"owner": "shop"}
    )

    assert _actions(world, asked) == ["unchanged"]
