# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stack files made with ``swarm_secret_name`` agree with rotation: to deploy restarts nothing."""

from __future__ import annotations

import contextlib
import os
import typing as t

import pytest
import yaml
from docker.errors import NotFound

from tests.e2e.ansible.test_documentation import addressed, connections
from tests.e2e.support import docker_cli
from tests.e2e.support.documented import guide_blocks, guide_plays
from tests.e2e.support.world import IMAGE, digest, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller
    from tests.e2e.support.world import World

SERVICE = "shop_web"
DEPLOY = "docker stack deploy"


class Stack:
    """The stack of the guide, deployed by its play with the real command line."""

    def __init__(
        self,
        world: World,
        controller: Controller,
        inventory: Path,
        canaries: Canaries,
        programs: Path,
    ) -> None:
        self.world = world
        self._controller = controller
        self._inventory = inventory
        self._canaries = canaries
        (play,) = [one for one in guide_plays("guide_lookups") if one["name"] == "Deploy the shop"]
        # The nodes have no registry to ask for a digest of the image.
        text = yaml.safe_dump(play).replace(DEPLOY, f"{DEPLOY} --resolve-image never")
        self._play = yaml.safe_load(addressed(world.bed, text))
        docker_cli.install(world.bed, programs)
        path = f"{programs}:{os.environ['PATH']}"
        self._play["environment"] = {**connections(world.bed), "PATH": path}
        (template,) = guide_blocks("guide_lookups", "yaml+jinja")
        self._template = template.replace("shop:1.0", IMAGE).encode()

    def put(self, path: str, prefix: str = "") -> str:
        """Write a new value; return its digest."""
        value = self._canaries.value(path, prefix)
        self.world.put(path, password=value)
        return digest(value)

    def rotate(self, **options: t.Any) -> t.Any:
        """Bring what is in Vault to the services."""
        wanted = (vaulted("db_password", "stack/db"), vaulted("smtp_password", "stack/smtp"))
        return self.world.rotate(*wanted, **options)

    def deploy(self) -> None:
        """Make the stack file anew, and deploy it."""
        run = self._controller.run(
            [self._play], inventory=self._inventory, files={"stack.yml.j2": self._template}
        )
        assert run.code == 0, run.output
        self.world.wait_running(SERVICE)

    def deploy_again(self) -> None:
        """Deploy, and make sure that this changes nothing of the services."""
        before, tasks = self.world.inspect(SERVICE), self.world.task_ids(SERVICE)
        self.deploy()
        after = self.world.inspect(SERVICE)
        assert after["Spec"]["TaskTemplate"] == before["Spec"]["TaskTemplate"]
        assert self.world.task_ids(SERVICE) == tasks

    def remove(self) -> None:
        """Remove it, and wait until its network is gone: the next test makes it anew."""
        with contextlib.suppress(NotFound):
            self.world.client.remove_service(SERVICE)
        self.world.remove_network("shop_shop")


@contextlib.contextmanager
def deployed(stack: Stack) -> t.Iterator[Stack]:
    """Give the stack with a first version of its secrets, deployed."""
    for path in ("stack/db", "stack/smtp"):
        stack.put(path)
    stack.rotate()
    try:
        stack.deploy()
        yield stack
    finally:
        # Also what a deployment left that broke off: the next test makes all of it anew.
        stack.remove()


@pytest.fixture
def stack(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> t.Iterator[Stack]:
    """The stack, deployed by the newest command line."""
    with deployed(Stack(world, controller, inventory, canaries, tmp_path)) as made:
        yield made


@pytest.fixture
def any_stack(
    any_world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> t.Iterator[Stack]:
    """The stack, deployed by each command line in turn: the oldest one takes fewer files."""
    with deployed(Stack(any_world, controller, inventory, canaries, tmp_path)) as made:
        yield made


def names(db: int, smtp: int) -> dict[str, str]:
    return {"db_password": f"db_password_v{db}", "smtp_password": f"smtp_password_v{smtp}"}


def test_a_stack_that_is_deployed_again_after_a_rotation_restarts_nothing(any_stack: Stack) -> None:
    stack = any_stack
    assert stack.world.references(SERVICE) == names(1, 1)
    first = stack.world.task_ids(SERVICE)
    stack.deploy_again()

    shown = stack.put("stack/db")
    stack.rotate()
    assert stack.world.task_ids(SERVICE) != first
    stack.deploy_again()

    assert stack.world.references(SERVICE) == names(2, 1)
    assert stack.world.shown(SERVICE, "db_password") == {shown}
    assert stack.rotate().changed is False


def test_so_it_is_after_a_value_failed_and_after_a_rollback(stack: Stack) -> None:
    good = stack.put("stack/db")
    stack.rotate()
    stack.put("stack/db", "bad")
    assert stack.rotate().failed
    assert "db_password_v3" in stack.world.names()
    stack.deploy_again()
    assert stack.world.references(SERVICE) == names(2, 1)
    assert stack.world.shown(SERVICE, "db_password") == {good}

    stack.put("stack/smtp")
    stack.rotate()
    stack.world.rotate(vaulted("smtp_password", "stack/smtp"), state="rolled_back")
    stack.deploy_again()
    assert stack.world.references(SERVICE) == names(2, 1)
