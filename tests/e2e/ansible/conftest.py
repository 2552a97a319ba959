# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests through ``ansible-playbook``: an installed collection, and inventories.

Whatever a test shows, nothing that Ansible prints or returns may hold a value, and every result
of our modules has to be as documented: that is checked after each test.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import typing as t
from pathlib import Path

import hvac.exceptions
import pytest

from testbed.system import need
from tests.e2e.support.authority import authority
from tests.e2e.support.canary import Canaries
from tests.e2e.support.controller import HASH_MODULE, MANAGER_MODULE, MODULE, Controller, TaskResult
from tests.e2e.support.documented import Returns, differences, documentation
from tests.e2e.support.reach import trust_vault, write_inventory
from tests.e2e.support.world import World

if t.TYPE_CHECKING:
    from testbed import Bed


@pytest.fixture(scope="session")
def controller() -> t.Iterator[Controller]:
    """The collection as users have it."""
    # A short path: ssh makes a socket below the home of the controller.
    with tempfile.TemporaryDirectory(prefix="sv-") as directory:
        yield Controller.install(Path(directory))


@pytest.fixture(scope="session")
def documented(controller: Controller) -> dict[str, t.Any]:
    """What ``ansible-doc`` tells of the module."""
    return documentation(controller)


@pytest.fixture(scope="session")
def returns(controller: Controller, documented: dict[str, t.Any]) -> dict[str, Returns]:
    """What each module is documented to return."""
    others = (HASH_MODULE, MANAGER_MODULE)
    found = {module: documentation(controller, module)["return"] for module in others}
    return {MODULE: documented["return"], **found}


@pytest.fixture(scope="session")
def canaries(newest_bed: Bed) -> Canaries:
    """Values that must not show up; make every value of a test with them."""
    made = Canaries()
    made.watch("root token", newest_bed.vault.root_token)
    return made


@pytest.fixture(scope="session")
def inventory(newest_bed: Bed, controller: Controller) -> Path:
    """The nodes of the newest bed over ssh, and this machine."""
    need({"ssh": "openssh-client"}, "reaching nodes as Ansible does")
    trust_vault(newest_bed)
    return write_inventory(newest_bed, controller.directory / "inventory.json")


@pytest.fixture
def oldest_world(oldest_bed: Bed) -> t.Iterator[World]:
    """An empty Swarm of the oldest engine: its nodes have a journal."""
    oldest_bed.reset()
    with contextlib.closing(oldest_bed.client()) as client:
        world = World(bed=oldest_bed, client=client, vault=oldest_bed.vault)
        yield world
        world.forget()


@pytest.fixture
def old_kv(world: World) -> t.Iterator[None]:
    """The mount of version 1 that examples read."""
    backend = world.vault.client().sys
    # One may be left by a run that was broken off.
    with contextlib.suppress(hvac.exceptions.InvalidRequest):
        backend.enable_secrets_engine("kv", path="old/kv", options={"version": "1"})
    yield
    backend.disable_secrets_engine("old/kv")


@pytest.fixture
def pki(world: World) -> t.Iterator[None]:
    """The authority that examples have certificates issued by."""
    with authority(world.vault):
        yield


def did_run(result: TaskResult) -> bool:
    """Tell whether a result is the module's own: not that of a host without it or its Python."""
    return result.ended != "unreachable" and "module_stdout" not in result.result


def taken_away(controller: Controller) -> list[str]:
    """Remove what runs have left in Ansible's folders or elsewhere, and tell what that was.

    It is the fault of one test, and the next ones begin without it.
    """
    left = [*controller.tmp.iterdir(), *(controller.home / ".ansible" / "tmp").glob("*")]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return [str(path) for path in left]


@pytest.fixture(autouse=True)
def nothing_leaks_and_results_are_as_documented(
    controller: Controller, canaries: Canaries, returns: dict[str, Returns]
) -> t.Iterator[None]:
    """Look at every run of the test, after it."""
    yield
    left = taken_away(controller)
    # The list stays the same: a controller with another release of Ansible shares it.
    runs = list(controller.unchecked)
    controller.unchecked.clear()
    for run in runs:
        assert canaries.found_in(run.output) == [], run.output
        for result in run.results:
            assert canaries.found_in(repr(result)) == [], result
            if result.action in returns and did_run(result):
                assert differences(result, returns[result.action]) == [], result
    assert left == []
