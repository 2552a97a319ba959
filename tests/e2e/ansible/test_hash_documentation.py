# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation of ``vault_secret_hash`` shows is run, as it stands there."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml

from tests.e2e.ansible.test_documentation import addressed, connections
from tests.e2e.support.controller import HASH_MODULE, play
from tests.e2e.support.documented import documentation, guide_blocks, guide_plays
from tests.e2e.support.runner import Workflow

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller, Run
    from tests.e2e.support.world import World

GUIDE = "guide_change_detection"


class Guide:
    """The plays of the guide, with credentials that may do what it says and no more."""

    def __init__(
        self, world: World, controller: Controller, inventory: Path, canaries: Canaries
    ) -> None:
        shown = yaml.safe_load(addressed(world.bed, yaml.safe_dump(guide_plays(GUIDE))))
        self.plays = {one["name"]: {**one, "environment": connections(world.bed)} for one in shown}
        (policy,) = guide_blocks(GUIDE, "hcl")
        world.vault.policy("hash-guide", policy)
        token = world.vault.token(["hash-guide"])
        canaries.watch("token", token)
        self.variables = {"vault_token": token, "hash_key": canaries.value("hash_key")}
        self.controller = controller
        self.inventory = inventory
        self._world = world
        self._canaries = canaries
        for path in ("shop/db", "shop/api"):
            self.change(path)

    def change(self, path: str = "shop/db") -> None:
        """Write a new password."""
        self._world.put(path, password=self._canaries.value(path))

    def run(self, play: dict[str, t.Any], **environment: str) -> Run:
        """Run a play."""
        run = self.controller.run(
            [play], inventory=self.inventory, variables=self.variables, environment=environment
        )
        assert run.code == 0, run.output
        return run


@pytest.fixture
def guide(world: World, controller: Controller, inventory: Path, canaries: Canaries) -> Guide:
    """What the guide shows, ready to run."""
    return Guide(world, controller, inventory, canaries)


def acted(run: Run) -> bool:
    return any(result.task == "Act on it" for result in run.results)


def test_hashes_are_kept_in_a_fact(guide: Guide, tmp_path: Path) -> None:
    cache = {
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts"),
    }

    def run() -> bool:
        return acted(guide.run(guide.plays["Keep hashes in a fact"], **cache))

    assert [run() for _time in range(2)] == [False, False]
    guide.change()
    assert [run() for _time in range(2)] == [True, False]


def test_hashes_are_kept_in_a_file(guide: Guide, tmp_path: Path) -> None:
    kept = tmp_path / "hashes.json"
    guide.variables["kept"] = str(kept)

    def run() -> bool:
        return acted(guide.run(guide.plays["Keep hashes in a file"]))

    assert [run() for _time in range(2)] == [False, False]
    guide.change()
    assert [run() for _time in range(2)] == [True, False]
    assert list(json.loads(kept.read_text())) == ["shop/db#password", "shop/api"]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_hashes_are_handed_on_as_an_artifact_of_a_job(
    guide: Guide, tmp_path: Path, canaries: Canaries
) -> None:
    workflow = Workflow(guide.controller, tmp_path, guide.variables)

    def run() -> bool:
        job = workflow.job(guide.plays["Hand hashes on as an artifact"], guide.inventory)
        assert job.code == 0, job.output
        assert [entry["name"] for entry in job.artifacts["shop_hashes"]] == ["shop_db"]
        assert canaries.found_in(job.output) == []
        assert canaries.found_below(job.directory) == {}
        return "differ (shop_db)" in job.output

    assert [run() for _time in range(2)] == [False, False]
    guide.change()
    assert [run() for _time in range(2)] == [True, False]


def test_values_that_are_new_can_be_acted_on(guide: Guide) -> None:
    (block,) = [block for block in guide_blocks(GUIDE, "yaml") if "hosts:" not in block]
    (act,) = yaml.safe_load(block)
    one = guide.plays["Keep hashes in a fact"]
    first = one["tasks"][0]
    again = {**first, HASH_MODULE: {**first[HASH_MODULE], "previous": "{{ now.hashes }}"}}
    run = guide.run({**one, "tasks": [first, act, again, act]})
    said = [result.msg for result in run.results if result.task == act["name"]]
    assert said == ["There is something to do"]


@pytest.mark.usefixtures("old_kv")
def test_every_example_of_the_module_runs_as_it_stands_there(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    examples = documentation(controller, HASH_MODULE)["examples"]
    tasks = yaml.safe_load(addressed(world.bed, examples))
    for path, fields in {
        "shop/db": ("user", "password"),
        "shop/settings": ("theme", "currency"),
    }.items():
        world.put(path, **{field: canaries.value(f"{path} {field}") for field in fields})
    # No canary: its bare digest is what an example asks for.
    world.put("shop/signing_key", key="signing key")
    world.vault.put("legacy/api", mount="old/kv", key=canaries.value("legacy"))
    first = {
        "vault_token": world.vault.root_token,
        "hash_key": canaries.value("hash_key"),
        "known_hash": "",
    }

    def run(**more: t.Any) -> Run:
        return controller.run(
            [play(*tasks, environment=connections(world.bed), ignore_errors=True)],
            inventory=inventory,
            variables={**first, **more},
        )

    unknown = run()
    found = unknown.task("Take hashes, and compare them with what the last run kept")
    assert [entry["name"] for entry in found["hashes"]] == [
        "shop_db",
        "shop/settings",
        "legacy_api_key",
    ]
    # An empty text is no hash, which the example that hands one over is told.
    assert [result.task for result in unknown.results if result.failed] == [
        "Compare with one hash alone"
    ]
    (bare,) = unknown.task("Take a bare digest, of a value that nobody can guess")["hashes"]
    assert bare["hash"].startswith("sha256$")

    world.put("shop/db", user=canaries.value("user, new"), password=canaries.value("new"))
    known = run(shop_hashes=found["hashes"], known_hash=found["hashes"][0]["hash"])
    assert known.code == 0, known.output
    assert not [result for result in known.results if result.failed]
    assert known.task("Act on a change").msg == "['shop_db']"
    assert known.task("Compare with one hash alone")["differs"] is True
