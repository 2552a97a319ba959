# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``vault_secret_hash`` through Ansible: it tells of changes, changes nothing, and reads little."""

from __future__ import annotations

import typing as t

import pytest

from tests.e2e.support.controller import GROUP, Controller, hashing, play, rotating
from tests.e2e.support.reach import over_tcp, to_vault
from tests.e2e.support.snapshot import snapshot

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Run
    from tests.e2e.support.shop import Shop
    from tests.e2e.support.world import World

SECRETS = [
    {"name": "db", "vault_path": "hash/db", "vault_field": "password"},
    {"vault_path": "hash/api"},
]
#: Each form in which a playbook can hand over what an earlier task returned.
FORMS = {
    "the list": "{{ before.hashes }}",
    "entries by name": "{{ dict(before.hashes | map(attribute='name') | zip(before.hashes)) }}",
    "hashes by name": (
        "{{ dict(before.hashes | map(attribute='name')"
        " | zip(before.hashes | map(attribute='hash'))) }}"
    ),
}
ACTING = {"name": "Act", "ansible.builtin.debug": {"msg": "acting"}, "when": "now.differs"}


class Hashes:
    """Runs plays that hash, with the values that they hash."""

    def __init__(
        self, world: World, controller: Controller, inventory: Path, canaries: Canaries
    ) -> None:
        self.world = world
        self._controller = controller
        self._inventory = inventory
        self._canaries = canaries
        self._variables = {
            "vault_token": world.vault.root_token,
            "hash_key": canaries.value("hash_key"),
        }

    def put(self, path: str, field: str = "password") -> None:
        """Write a new value."""
        self.world.put(path, **{field: self._canaries.value(path)})

    def task(self, name: str = "Hash", /, **options: t.Any) -> dict[str, t.Any]:
        """Return a task with the module."""
        common = {
            **to_vault(self.world.bed),
            "vault_token": "{{ vault_token }}",
            "hash_key": "{{ hash_key }}",
            "secrets": SECRETS,
        }
        return hashing(name, **{**common, **options})

    def run(self, *tasks: dict[str, t.Any], check: bool = False, **keywords: t.Any) -> Run:
        """Run tasks."""
        return self._controller.run(
            [play(*tasks, **keywords)],
            *(["--check", "--diff"] if check else []),
            inventory=self._inventory,
            variables=self._variables,
        )

    def reads(self) -> list[str]:
        """Return the paths of which data was read since the log was cleared."""
        return [one["request"]["path"] for one in self.world.vault.audit_requests("secret/data/")]


@pytest.fixture
def hashes(world: World, controller: Controller, inventory: Path, canaries: Canaries) -> Hashes:
    made = Hashes(world, controller, inventory, canaries)
    made.put("hash/db")
    made.put("hash/api", "key")
    return made


def test_a_playbook_acts_when_a_value_differs_and_only_then(hashes: Hashes) -> None:
    """Whichever way it hands over what an earlier task returned."""
    before = {**hashes.task("Before"), "register": "before"}
    keep = {
        "name": "Keep",
        "ansible.builtin.copy": {
            "content": "{{ before.hashes | to_json }}",
            "dest": "{{ inventory_dir }}/kept.json",
            "mode": "0600",
        },
    }
    load = {
        "name": "Load",
        "ansible.builtin.set_fact": {
            "before": {"hashes": "{{ lookup('file', inventory_dir ~ '/kept.json') | from_json }}"}
        },
    }
    compare = [task for form in FORMS for task in (hashes.task(form, previous=FORMS[form]), ACTING)]

    run = hashes.run(before, keep, *compare)

    assert run.code == 0, run.output
    for form in FORMS:
        assert run.task(form)["differs"] is False
        assert [entry["differs"] for entry in run.task(form)["hashes"]] == [False, False]
    assert not [result for result in run.results if result.task == "Act"]

    hashes.put("hash/api", "key")
    run = hashes.run(load, *compare)

    assert run.code == 0, run.output
    for form in FORMS:
        now = run.task(form)
        assert (now["changed"], now["differs"]) == (False, True)
        differing = {entry["name"]: entry["differs"] for entry in now["hashes"]}
        assert differing == {"db": False, "hash/api": True}
    assert len([result for result in run.results if result.task == "Act"]) == len(FORMS)


def test_the_log_of_the_server_shows_that_no_data_was_read_where_metadata_was_enough(
    hashes: Hashes,
) -> None:
    before = {**hashes.task("Before"), "register": "before"}
    hashes.world.vault.clear_audit()
    run = hashes.run(before, hashes.task(previous=FORMS["the list"]))
    assert run.code == 0, run.output
    # By the first task, each once, and by the second none.
    assert sorted(hashes.reads()) == ["secret/data/hash/api", "secret/data/hash/db"]
    assert "2 were known from the metadata" in run.task("Hash").msg


def test_check_mode_does_the_same_and_nothing_is_ever_changed(hashes: Hashes) -> None:
    before = snapshot(hashes.world)
    found = []
    for check in (False, True):
        run = hashes.run(hashes.task(), check=check)
        assert run.code == 0, run.output
        found.append(run.task("Hash"))
    assert found[0]["hashes"] == found[1]["hashes"]
    assert [one["changed"] for one in found] == [False, False]
    assert snapshot(hashes.world) == before


def test_the_action_group_sets_the_connections_of_both_modules(hashes: Hashes) -> None:
    hash_task = hashing(secrets=SECRETS)
    rotation = rotating(secrets=[{"name": "db", "vault_path": "hash/db"}])
    defaults = {
        **over_tcp(hashes.world.bed),
        "vault_token": "{{ vault_token }}",
        "hash_key": "{{ hash_key }}",
    }
    run = hashes.run(rotation, hash_task, module_defaults={GROUP: defaults})
    assert run.code == 0, run.output
    assert [entry["version"] for entry in run.task("Hash")["hashes"]] == [1, 1]
    assert hashes.world.names() == ["db_v1"]
    # With one key, fingerprint and hash of a value are the same.
    labels = hashes.world.secrets()["db_v1"]
    assert labels["swarmvault.fingerprint"] == run.task("Hash")["hashes"][0]["hash"]


#: Options that cannot be right, and what is said of them.
REFUSED: dict[str, dict[str, t.Any]] = {
    "hmac-sha256 needs a long key, but hash_key is missing. Make one": {"hash_key": None},
    "hmac-sha256 needs a long key, but hash_key is empty. Make one": {"hash_key": ""},
    "but hash_key has 15 bytes, but must have at least 16. Make one": {"hash_key": "k" * 15},
    "Nothing was read: x: vault_params goes with vault_engine pki, not with kv2": {
        "secrets": [{"name": "x", "vault_path": "hash/api", "vault_params": {"ttl": "1h"}}]
    },
    "x: vault_version goes with vault_engine kv2, not with kv1": {
        "secrets": [{"name": "x", "vault_path": "api", "vault_engine": "kv1", "vault_version": 1}]
    },
    "secrets is empty. List at least one source.": {"secrets": []},
    "Two entries of secrets are named db.": {"secrets": SECRETS[:1] * 2},
    "missing required arguments: vault_path found in secrets": {"secrets": [{"name": "db"}]},
    "value of algorithm must be one of: hmac-sha256, sha256, got: md5": {"algorithm": "md5"},
    "that of db was not made by vault_secret_hash": {"previous": {"db": "sha256$0"}},
    "previous must be a list or a mapping, but is of type str. Hand over": {"previous": "nothing"},
    "hash/none: There is nothing at secret/hash/none in Vault": {
        "secrets": [{"vault_path": "hash/api"}, {"vault_path": "hash/none"}]
    },
}


def test_what_cannot_be_done_is_told_with_a_remedy(hashes: Hashes) -> None:
    tasks = [hashes.task(said, **options) for said, options in REFUSED.items()]
    run = hashes.run(*tasks, ignore_errors=True)
    for said in REFUSED:
        assert run.task(said).failed
        assert said in run.task(said).msg
    assert "Traceback" not in run.output


def test_leased_credentials_are_refused_and_those_that_were_made_are_gone(
    hashes: Hashes, shop: Shop
) -> None:
    before = shop.postgres.roles()
    leased = {"vault_path": "database/creds/shop", "vault_engine": "read", "vault_format": "json"}
    for wrong in ({}, {"vault_field": "no such field", "vault_format": "plain"}):
        run = hashes.run(hashes.task(secrets=[SECRETS[0], {**leased, **wrong, "name": "login"}]))
        assert run.code == 2, run.output
        assert "login" in run.task("Hash").msg
        if not wrong:
            assert (
                "Each read of login (database/creds/shop) makes new credentials and leases them"
                " out. Those of this read were revoked at once. Let swarm_secret_rotate read it"
            ) in run.task("Hash").msg
        assert shop.postgres.roles() == before
