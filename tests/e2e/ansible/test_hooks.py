# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of the user's own around a rotation: before, after each wave, and at its end."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.e2e.support.reach import to_vault_from_node
from tests.e2e.support.world import World, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller, Run

ROTATE = "swarmvault.secrets.rotate"
#: The services, each with its wave.
SHOP = {"canary": 0, "web": 1}
SEEN = {
    "wave": "{{ (swarmvault_result | default({})).waves | default([]) }}",
    "left": "{{ (swarmvault_result | default({})).waves_left | default([]) }}",
    "moved": "{{ swarmvault_moved if swarmvault_results else [] }}",
    "calls": "{{ swarmvault_results | length }}",
    "outcome": "{{ swarmvault_outcome }}",
    "failure": "{{ swarmvault_failure }}",
}
FAILS = {"name": "Refuse it", "ansible.builtin.fail": {"msg": "the till does not open"}}


def hook(name: str, *more: dict[str, t.Any]) -> bytes:
    """Return a file of tasks that tells what it sees."""
    tasks = [{"name": name, "ansible.builtin.debug": {"msg": SEEN}}, *more]
    return json.dumps(tasks).encode()


def told(run: Run, name: str) -> list[dict[str, t.Any]]:
    """Return what a hook saw, each time it was run."""
    return [result["msg"] for result in run.results if result.task == name]


@pytest.fixture
def shop(world: World, canaries: Canaries) -> World:
    """Two services, one per wave, that run the first value; and a second one in Vault."""
    world.put("hooks/db", password=canaries.value("hooks, first"))
    world.rotate(vaulted("db", "hooks/db"))
    for name, wave in SHOP.items():
        labels = {"swarmvault.wave": str(wave)}
        world.service(name, {"db": "db_v1"}, labels=labels, wait=False)
    for name in SHOP:
        world.wait_running(name)
    world.put("hooks/db", password=canaries.value("hooks, second"))
    return world


Rotate = t.Callable[..., "Run"]


@pytest.fixture
def rotate(shop: World, controller: Controller, inventory: Path) -> Rotate:
    """Run the playbook with hooks that lie in the folder where it is started."""

    def run(*options: str, **hooks: bytes) -> Run:
        connection = {**to_vault_from_node(shop.bed), "vault_token": shop.vault.root_token}
        return controller.run(
            ROTATE,
            *options,
            inventory=inventory,
            variables={
                **{f"swarmvault_{key}": value for key, value in connection.items()},
                "swarmvault_names": "db",
                **{f"swarmvault_{name}_tasks": f"{name}.yml" for name in hooks},
            },
            files={f"{name}.yml": content for name, content in hooks.items()},
        )

    return run


def references(world: World) -> list[str]:
    return [world.references(name)["db"] for name in SHOP]


def test_a_verdict_is_given_after_each_wave_and_the_last_call_confirms(
    shop: World, rotate: Rotate
) -> None:
    hooks = {name: hook(name) for name in ("before", "verdict", "after")}
    planned = rotate("--check", **hooks)
    assert planned.code == 0, planned.output
    assert planned.rotation["waves"] == [0, 1]
    assert not any(told(planned, name) for name in hooks)
    assert references(shop) == ["db_v1"] * 2

    run = rotate("-vvvv", **hooks)

    assert run.code == 0, run.output
    assert references(shop) == ["db_v2"] * 2
    assert [seen["calls"] for seen in told(run, "before")] == [0]
    verdicts = told(run, "verdict")
    assert [seen["wave"] for seen in verdicts] == [[0], [1]]
    assert [seen["left"] for seen in verdicts] == [[1], []]
    assert [seen["moved"] for seen in verdicts] == [["canary"], ["web"]]
    (after,) = told(run, "after")
    assert (after["outcome"], after["failure"], after["calls"]) == ("rotated", "", 3)
    assert shop.secrets()["db_v2"]["swarmvault.status"] == "active"


@pytest.mark.parametrize("wave", [0, 1])
def test_a_verdict_that_fails_takes_back_what_was_moved_and_the_run_fails_with_its_reason(
    shop: World, rotate: Rotate, wave: int
) -> None:
    untouched = {name: shop.task_ids(name) for name in SHOP if SHOP[name] > wave}
    refusal = {**FAILS, "when": f"swarmvault_result.waves == [{wave}]"}

    run = rotate(verdict=hook("verdict", refusal), after=hook("after"))

    assert run.code != 0
    assert references(shop) == ["db_v1"] * 2
    assert shop.secrets()["db_v2"]["swarmvault.status"] == "quarantined"
    assert {name: shop.task_ids(name) for name in untouched} == untouched
    assert [seen["wave"] for seen in told(run, "verdict")] == [[one] for one in range(wave + 1)]
    (after,) = told(run, "after")
    assert after["outcome"] == "rolled_back"
    assert "the till does not open" in after["failure"]
    assert run.results[-1].msg.startswith("The verdict failed: the till does not open")


def test_a_hook_that_is_missing_or_fails_before_leaves_everything_as_it_is(
    shop: World, rotate: Rotate, controller: Controller, inventory: Path
) -> None:
    missing = controller.run(
        ROTATE,
        inventory=inventory,
        variables={"swarmvault_before_tasks": "", "swarmvault_after_tasks": "nowhere/after.yml"},
    )
    assert missing.code != 0
    assert "nowhere/after.yml" in missing.task("Stop when a hook is not there").msg
    assert {result.host for result in missing.results} <= {"localhost", shop.bed.managers[0].name}

    hidden = {**FAILS, "ansible.builtin.fail": {"msg": "what nobody is to read"}, "no_log": True}
    run = rotate(before=hook("before", hidden), after=hook("after"))

    assert run.code != 0
    assert told(run, "after")[0]["outcome"] == "failed"
    assert run.results[-1].msg == 'Task "Refuse it" failed, and its result is hidden (no_log).'
    assert references(shop) == ["db_v1"] * 2
    assert "db_v2" not in shop.names()
