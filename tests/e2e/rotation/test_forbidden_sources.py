# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever can label a Swarm secret does not get the run's own token, nor any path they like.

The run's token is the root token: Vault itself would refuse nothing.
"""

from __future__ import annotations

import contextlib
import re
import typing as t

import hvac.exceptions
import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.waiting import wait_for
from tests.e2e.support.world import World, digest, vaulted
from tests.spellings import SPELLINGS

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

pytestmark = pytest.mark.case("V1")

#: What the labels of the reported case asked for.
OWN_TOKEN = {
    "vault_engine": "read",
    "vault_path": "auth/token/lookup-self",
    "vault_field": "id",
}
#: As much as anybody can list.
EVERYTHING = ("**", "*", "auth/*", "auth/token/lookup-self", "sys/*", "identity/*", "cubbyhole/*")
LOOKUP = "auth/token/lookup-self"


class Thief:
    """A service whose owner labels its secrets as they like."""

    def __init__(self, world: World, labels: t.Sequence[dict[str, str]]) -> None:
        self.world = world
        self.traps = {f"trap{number}": one for number, one in enumerate(labels)}
        for name, one in self.traps.items():
            world.secret(name, f"harmless {name}", one)
        world.service("thief", {name: name for name in self.traps})
        self.tasks = world.task_ids("thief")
        world.vault.clear_audit()

    def got_nothing(self, lookups: str = LOOKUP) -> None:
        """Check that its secrets and its tasks are what they were, and that nothing was read."""
        world = self.world
        assert [name for name in world.names() if name.startswith("trap")] == sorted(self.traps)
        assert world.references("thief") == {name: name for name in self.traps}
        assert world.task_ids("thief") == self.tasks
        assert world.vault.audit_requests(lookups) == []
        for name in self.traps:
            assert world.shown("thief", name) == {digest(f"harmless {name}")}

    def was_left_alone(self, report: Report) -> None:
        """Check that it got nothing, while the run went well and says so of each."""
        assert (report.changed, report.failed) == (False, False), report
        assert len(report.warnings) == len(self.traps), report.warnings
        for name in self.traps:
            (warning,) = [one for one in report.warnings if f"secret {name} is left" in one]
            assert "source" in warning or "discover_paths" in warning or "path" in warning
        self.got_nothing()


@pytest.fixture
def team(world: World) -> t.Iterator[str]:
    """A namespace; its name may stand at the beginning of a path in place of the header."""
    root = world.vault.client()
    root.write_data("sys/namespaces/team", data={})
    wait_for(
        "the namespace to answer",
        lambda: root.read("team/auth/token/lookup-self"),
        timeout=30,
        interval=0.05,
        ignore=(hvac.exceptions.VaultError,),
    )
    yield "team"
    root.delete("sys/namespaces/team")


def test_labels_do_not_hand_the_runs_own_token_to_a_service(world: World) -> None:
    thief = Thief(world, [OWN_TOKEN])

    report = world.rotate(discover=True)

    thief.was_left_alone(report)
    assert "'auth/token/lookup-self' is never a source" in report.warnings[0]


def test_nor_do_they_where_everything_is_listed_whatever_the_spelling(world: World) -> None:
    read = [{**OWN_TOKEN, "vault_path": path} for path in SPELLINGS]
    key_value = [
        {"vault_mount": "auth", "vault_path": "token/lookup-self"},
        {"vault_mount": "/Auth/token/", "vault_path": "lookup-self"},
        {"vault_mount": "secret/../auth", "vault_path": "token/lookup-self"},
        {"vault_mount": "secret", "vault_path": "../auth/token/lookup-self"},
    ]
    thief = Thief(
        world,
        [
            OWN_TOKEN,
            *read,
            *({**one, "vault_engine": engine} for one in key_value for engine in ("kv1", "kv2")),
            {"vault_engine": "pki", "vault_path": "auth/token/issue/x"},
        ],
    )

    report = world.rotate(discover=True, discover_paths=EVERYTHING)

    thief.was_left_alone(report)


def test_a_secret_that_is_listed_by_name_does_not_trust_its_labels_either(world: World) -> None:
    thief = Thief(world, [OWN_TOKEN])

    report = world.rotate(SecretRequest("trap0"), discover_paths=EVERYTHING)

    assert (report.failed, report.changed) == (True, False)
    assert re.search(r"secret trap0 .*never a source", report.message)
    thief.got_nothing()


def test_a_namespace_in_front_of_the_path_opens_nothing(world: World, team: str) -> None:
    paths = [f"{team}/{LOOKUP}", f"{team}//{LOOKUP}", f"{team}/%61uth/token/lookup-self"]
    read = [{**OWN_TOKEN, "vault_path": path} for path in paths]
    kv1 = {**OWN_TOKEN, "vault_engine": "kv1", "vault_mount": team}
    kv2 = {**OWN_TOKEN, "vault_engine": "kv2", "vault_mount": f"{team}/auth/token"}
    thief = Thief(world, [*read, kv1, kv2, {**OWN_TOKEN, "vault_path": f"{team}/sys/mounts"}])

    report = world.rotate(discover=True, discover_paths=EVERYTHING)

    thief.was_left_alone(report)
    thief.got_nothing(lookups=team)


@pytest.mark.parametrize("engine", ["read", "kv1"])
def test_nor_where_that_very_path_is_listed_or_stands_in_the_task(
    world: World, team: str, engine: str
) -> None:
    path = f"{team}/{LOOKUP}"
    labels = {**OWN_TOKEN, "vault_path": path, "vault_engine": engine}
    source = VaultSource(path, "id", engine="read")
    if engine == "kv1":
        labels |= {"vault_mount": team, "vault_path": LOOKUP}
        source = VaultSource(LOOKUP, "id", mount=team, engine="kv1")
    thief = Thief(world, [labels])

    found = world.rotate(discover=True, discover_paths=(path,))
    listed = world.rotate(SecretRequest("trap0", source=source))
    for report in (found, listed):
        assert (report.failed, report.changed) == (True, False)
        assert f"{path} is not read" in report.message
    kept = world.rotate(SecretRequest("trap0", source=source), on_source_error="keep")

    assert not kept.changed
    thief.got_nothing(lookups=team)


def test_an_engine_may_have_paths_of_such_names(world: World) -> None:
    world.put("prod/auth/jwt", key="one")
    world.vault.put("prod/auth/jwt", mount="kv1", key="two")
    root = world.vault.client()
    with contextlib.suppress(hvac.exceptions.InvalidRequest):  # left by a run that was broken off
        root.sys.enable_secrets_engine("kv", path="shop/auth", options={"version": "1"})
    world.vault.put("jwt", mount="shop/auth", key="three")
    world.vault.clear_audit()

    report = world.rotate(
        vaulted("kv2", "prod/auth/jwt"),
        SecretRequest("kv1", source=VaultSource("prod/auth/jwt", mount="kv1", engine="kv1")),
        SecretRequest("read", source=VaultSource("kv1/prod/auth/jwt", engine="read")),
        SecretRequest("mount", source=VaultSource("jwt", mount="shop/auth", engine="kv1")),
    )

    root.sys.disable_secrets_engine("shop/auth")
    assert {secret.action for secret in report.secrets} == {"created"}
    # Some could be something else: for all of them Vault is asked once what is mounted where.
    assert len(world.vault.audit_requests("sys/internal/ui/mounts")) == 1


def test_labels_outside_of_discover_paths_are_left_alone_and_those_inside_are_served(
    world: World,
) -> None:
    world.put("pay/db", password="of another team")
    world.put("shop/db", password="of this team")
    theirs = [
        {"vault_path": "pay/db"},
        {"vault_path": "shopping/db"},
        {"vault_path": "shop/../pay/db"},
        {"vault_path": "pay/db", "vault_mount": "other"},
        {"vault_engine": "read", "vault_path": "secret/data/pay/db"},
        {"vault_engine": "read", "vault_path": "database/creds/pay"},
    ]
    thief = Thief(world, theirs)
    world.secret("db", "by hand", {"vault_path": "shop/db"})
    world.service("shop", {"db": "db"})

    report = world.rotate(discover=True, discover_paths=("secret/shop/*",))

    assert [(secret.name, secret.action) for secret in report.secrets] == [("db", "adopted")]
    assert world.shown("shop", "db") == {digest("of this team")}
    assert len(report.warnings) == len(theirs)
    assert "lacks secret/pay/db" in report.warnings[0]
    thief.got_nothing(lookups="secret/data/pay")
    listed = world.rotate(SecretRequest("trap0"), discover_paths=("secret/shop/*",))
    assert (listed.failed, listed.changed) == (True, False)
    assert re.search(r"secret trap0 .*discover_paths.* lacks secret/pay/db", listed.message)
    # What the task names is the task's business.
    assert world.rotate(vaulted("trap0", "pay/db"), discover_paths=("secret/shop/*",)).changed


def test_unless_it_is_listed_labels_get_nothing_but_key_value_version_2(world: World) -> None:
    world.vault.put("shop/db", mount="kv1", password="old")
    world.put("shop/db", password="new")
    labels = [
        {"vault_engine": "kv1", "vault_mount": "kv1", "vault_path": "shop/db"},
        {"vault_engine": "read", "vault_path": "kv1/shop/db"},
        {"vault_engine": "read", "vault_path": "secret/data/shop/db"},
        {"vault_engine": "pki", "vault_path": "pki/issue/web"},
    ]
    thief = Thief(world, labels)
    world.secret("db", "by hand", {"vault_path": "shop/db"})

    report = world.rotate(discover=True)

    assert [(secret.name, secret.action) for secret in report.secrets] == [("db", "adopted")]
    assert len(report.warnings) == len(labels)
    thief.got_nothing(lookups="kv1")
    served = world.rotate(discover=True, discover_paths=("kv1/shop/*", "secret/shop/*"))
    assert {secret.name: secret.action for secret in served.secrets} == {
        "db": "unchanged",
        "trap0": "adopted",
        "trap1": "adopted",
    }
