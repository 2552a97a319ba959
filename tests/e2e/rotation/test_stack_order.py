# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stack that is deployed by names, adopted, and deployed again by the new names: no restart.

The command line sorts references by the names of secrets, and ``_v1`` changes that order.
"""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.current import (
    current_names,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from docker.errors import APIError

from tests.e2e.support.world import IMAGE, given

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

    from tests.e2e.support.world import World

STACK = "order"
SERVICE = f"{STACK}_web"
#: In the order of their bytes, which is the command line's. "A" beside "a" the engine refuses.
LOGICAL = ("Z", "a", "a-b", "a.b", "ab")
IN_NEW_ORDER = ("Z", "a-b", "a.b", "a", "ab")


class Stack:
    """A stack of one service that has the secrets, deployed by a manager's own command line."""

    def __init__(self, world: World) -> None:
        self.world = world
        #: Target and name of a secret that is none of the run's business.
        self.foreign: dict[str, str] = {}

    def deploy(self, names: Mapping[str, str]) -> None:
        """Deploy it; ``names`` tells the Swarm secret for each target, in the order of the file."""
        names = {**names, **self.foreign}
        service = {
            "image": IMAGE,
            "secrets": [{"source": f"s{i}", "target": name} for i, name in enumerate(names)],
            "networks": ["net"],
            "deploy": {
                "endpoint_mode": "dnsrr",
                "update_config": {"monitor": "2s"},
                "rollback_config": {"monitor": "1s"},
            },
            "stop_grace_period": "1s",
        }
        secrets = {
            f"s{i}": {"external": True, "name": name} for i, name in enumerate(names.values())
        }
        # YAML takes JSON. The oldest command line wants the version, the newest ignores it.
        text = json.dumps(
            {
                "version": "3.8",
                "services": {"web": service},
                "secrets": secrets,
                "networks": {"net": {}},
            }
        )
        manager = self.world.bed.managers[0]
        manager.put("/root/order.yml", text)
        options = ["--resolve-image", "never", "--compose-file", "/root/order.yml"]
        manager.exec(["docker", "stack", "deploy", *options, STACK])
        self.world.wait_running(SERVICE)

    def deploy_again(self) -> None:
        """Deploy it by the current names, and make sure that this changes and restarts nothing."""
        found = SwarmClient(self.world.transport()).secrets()
        names = dict(zip(LOGICAL, current_names(LOGICAL, found), strict=True))
        before, tasks = self.world.inspect(SERVICE), self.world.task_ids(SERVICE)
        # In another order in the file: the command line sorts them.
        self.deploy(dict(reversed(names.items())))
        after = self.world.inspect(SERVICE)
        assert after["Spec"]["TaskTemplate"] == before["Spec"]["TaskTemplate"]
        assert self.world.task_ids(SERVICE) == tasks
        assert self.world.references(SERVICE) == {**names, **self.foreign}

    def order(self) -> list[str]:
        """Return the names of the referenced secrets in the engine's order."""
        container = self.world.inspect(SERVICE)["Spec"]["TaskTemplate"]["ContainerSpec"]
        return [entry["SecretName"] for entry in container["Secrets"]]

    def rotate(self, text: str, *adopt: str, names: Sequence[str] = LOGICAL) -> Report:
        """Give logical secrets, by default all, another value."""
        requests = (
            given(name, f"{text} of {name}", adopt=[one for one in adopt if one == f"{name}_v9"])
            for name in names
        )
        return self.world.rotate(*requests)

    def remove(self) -> None:
        """Remove it, with its network."""
        with contextlib.suppress(APIError):
            self.world.client.remove_service(SERVICE)
        self.world.remove_network(f"{STACK}_net")


@pytest.fixture
def stack(any_world: World) -> Iterator[Stack]:
    """A stack that is not deployed yet."""
    made = Stack(any_world)
    yield made
    made.remove()


@pytest.mark.case("N10")
def test_a_stack_is_deployed_again_by_the_new_names_without_a_restart(stack: Stack) -> None:
    for name in LOGICAL:
        stack.world.secret(name, f"by hand, {name}")
    stack.deploy({name: name for name in LOGICAL})
    assert stack.order() == list(LOGICAL)

    report = stack.rotate("first")

    assert {secret.action for secret in report.secrets} == {"adopted"}
    assert stack.order() == [f"{name}_v1" for name in IN_NEW_ORDER]
    stack.deploy_again()

    # One that fails goes back to an order that is the command line's as well. The application looks
    # at the first file alone, so the other value is found to be good.
    assert stack.rotate("bad", names=("Z", "a")).failed
    stack.world.wait_running(SERVICE)
    assert stack.order() == ["Z_v1", "a-b_v1", "a.b_v1", "a_v2", "ab_v1"]
    stack.deploy_again()

    stack.rotate("third")
    assert stack.order() == ["Z_v3", "a-b_v2", "a.b_v2", "a_v3", "ab_v2"]
    stack.deploy_again()

    # Somebody deploys the old file once more: what was adopted is known, and moved on again.
    stack.deploy({name: name for name in LOGICAL})
    drifted = stack.rotate("third")
    assert [(one.name, one.state) for one in drifted.services] == [(SERVICE, "converged")]
    assert stack.order() == ["Z_v3", "a-b_v2", "a.b_v2", "a_v3", "ab_v2"]


@pytest.mark.case("N10")
def test_so_it_is_where_the_tenth_version_comes_after_the_ninth(stack: Stack) -> None:
    names = {name: f"{name}_v9" for name in LOGICAL}
    # Between the tenth and the ninth, by its letters.
    stack.foreign = {"other": "a_v5x"}
    for name in (*names.values(), *stack.foreign.values()):
        stack.world.secret(name, f"by hand, {name}")
    stack.deploy(names)
    assert stack.order().index("a_v5x") < stack.order().index("a_v9")

    stack.rotate("first", *names.values())

    assert stack.world.references(SERVICE) == {
        **{name: f"{name}_v10" for name in LOGICAL},
        **stack.foreign,
    }
    assert stack.order().index("a_v5x") > stack.order().index("a_v10")
    stack.deploy_again()


@pytest.mark.case("N10")
def test_the_order_that_somebody_chose_for_a_service_stays(any_world: World) -> None:
    order = ("ab", "a-b", "a")
    for name in order:
        any_world.secret(name, "by hand")
    any_world.service(SERVICE, {name: name for name in order})

    any_world.rotate(*(given(name, f"new {name}") for name in order))

    assert list(any_world.references(SERVICE)) == list(order)
    any_world.client.remove_service(SERVICE)
