# SPDX-License-Identifier: GPL-3.0-or-later
"""A Swarm that falters: what is repeated, what is told. On a bed of its own, which gets broken."""

from __future__ import annotations

import concurrent.futures
import contextlib
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import (
    open_transport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import resolve

from testbed import Bed
from testbed.waiting import wait_for
from tests.e2e.support.beds import bed_name, kept

if t.TYPE_CHECKING:
    from testbed import Node


@pytest.fixture(scope="module")
def brittle_bed() -> t.Iterator[Bed]:
    name = f"{bed_name()}-faults"
    bed = Bed.up(name=name, managers=3, workers=0, vault=False)
    yield bed
    if not kept():
        bed.down()


@pytest.fixture
def managers(brittle_bed: Bed) -> t.Iterator[list[Node]]:
    """The managers, the leader first; whatever the test does to them is undone."""
    yield sorted(brittle_bed.managers, key=lambda node: not leads(node))
    for node in brittle_bed.nodes:
        with contextlib.suppress(Exception):  # it is not paused
            node.unpause()
        if not node.running():
            node.start()
    wait_for("the bed to recover", brittle_bed.healthy, timeout=120)


def leads(node: Node) -> bool:
    with contextlib.closing(node.client()) as client:
        own = client.info()["Swarm"]["NodeID"]
        return bool(client.inspect_node(own)["ManagerStatus"].get("Leader"))


def connect(bed: Bed, node: Node, **options: t.Any) -> SwarmClient:
    given = {**bed.docker_options(bed.nodes.index(node)), **options}
    return SwarmClient(open_transport(resolve(given, {})))


def test_a_read_survives_the_sudden_death_of_the_leader(
    brittle_bed: Bed, managers: list[Node]
) -> None:
    client = connect(brittle_bed, managers[1])
    client.secrets()
    managers[0].kill()
    assert isinstance(client.secrets(), list)


def test_a_read_survives_a_leader_that_hangs(brittle_bed: Bed, managers: list[Node]) -> None:
    client = connect(brittle_bed, managers[1])
    client.secrets()
    managers[0].pause()
    assert isinstance(client.secrets(), list)


def test_without_a_quorum_the_error_says_so_and_may_pass(
    brittle_bed: Bed, managers: list[Node]
) -> None:
    client = connect(brittle_bed, managers[1])
    managers[0].kill()
    managers[2].kill()
    with pytest.raises(errors.DockerError) as caught:
        client.secrets()
    assert caught.value.transient
    assert "more than half of the managers" in caught.value.remedy


def test_a_node_that_hangs_is_given_up_in_time(brittle_bed: Bed, managers: list[Node]) -> None:
    client = connect(brittle_bed, managers[1], timeout=1)
    client.secrets()
    managers[1].pause()
    with pytest.raises(errors.DockerError, match="no answer in time") as caught:
        client.secrets()
    assert caught.value.transient


def test_an_engine_that_restarts_is_a_passing_fault(brittle_bed: Bed, managers: list[Node]) -> None:
    client = connect(brittle_bed, managers[1])
    client.secrets()
    seen: list[errors.DockerError] = []

    def answered() -> bool:
        try:
            client.secrets()
        except errors.DockerError as error:
            seen.append(error)
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        restart = pool.submit(managers[1].restart_engine)
        wait_for("the restart", lambda: (answered(), restart.done())[1], timeout=120)
        restart.result()
    wait_for("an answer", answered, timeout=60)
    assert all(error.transient for error in seen)
