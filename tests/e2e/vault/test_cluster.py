# SPDX-License-Identifier: GPL-3.0-or-later
"""A real cluster of three: standbys that forward or redirect, and a leader that goes."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest
import requests
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    VaultUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import resolve
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceVersion,
    VaultSource,
)

from testbed import OpenBaoCluster
from testbed.waiting import wait_for
from tests.e2e.vault.front import Front, Reply, always, forward
from tests.e2e.vault.support import Calls, problem, version_of

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.reader import (
        VaultReader,
    )

    from testbed.openbao_cluster import ClusterNode

LOGIN = "POST auth/approle/login"
SOURCES = [VaultSource(f"cluster/{number}") for number in range(40)]
SOURCE = SOURCES[0]
# An election takes its time on a busy machine.
PATIENT = {"vault_timeout": 120, "vault_retries": 20}


@dataclass(frozen=True)
class Scene:
    """A cluster, and the options to log in by a role that may read what is in it."""

    cluster: OpenBaoCluster
    login: dict[str, str]

    def reader(
        self, nodes: t.Iterable[ClusterNode | Front], calls: t.Any = None, **options: t.Any
    ) -> VaultReader:
        """Open a reader that knows these servers."""
        given = {
            "vault_url": [node.url for node in nodes],
            "vault_ca_cert": str(self.cluster.ca_cert),
            **(self.login if "vault_token" not in options else {}),
            **options,
        }
        return connect(resolve(given, {}, self.cluster.directory), 4, calls)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Scene]:
    """A cluster with secrets and a role, which each of its servers has heard of."""
    cluster = OpenBaoCluster.up(tmp_path_factory.mktemp("cluster"))
    try:
        leader = cluster.leader()
        for source in SOURCES:
            leader.put(source.path, x="y")
        leader.policy("cluster", 'path "secret/*" { capabilities = ["read"] }')
        role_id, secret_id = leader.approle("cluster", ["cluster"])
        login = {
            "vault_auth_method": "approle",
            "vault_role_id": role_id,
            "vault_secret_id": secret_id,
        }
        scene = Scene(cluster, login)
        for node in cluster.nodes:
            wait_for("all of it to arrive", lambda node=node: _serves(scene, node), timeout=60)
        yield scene
    finally:
        cluster.down()


def _serves(scene: Scene, node: ClusterNode) -> bool:
    with scene.reader([node]) as reader:
        return isinstance(reader.versions([SOURCES[-1]])[SOURCES[-1]], SourceVersion)


@pytest.fixture
def scene(made: Scene) -> Scene:
    """The cluster, whole again after the test before."""
    made.cluster.revive()
    return made


def test_a_standby_that_forwards_serves_logins_and_reads(scene: Scene) -> None:
    standby = scene.cluster.standbys()[0]
    with scene.reader([standby]) as reader:
        assert all(isinstance(v, SourceVersion) for v in reader.versions(SOURCES).values())


@pytest.mark.case("V8")
def test_a_standby_that_redirects_is_followed(scene: Scene) -> None:
    standby = scene.cluster.standbys()[0]
    unforwarded = {"X-Vault-No-Request-Forwarding": "true"}
    plain = forward(standby.url, standby.ca_cert, **unforwarded)
    locations: list[str | None] = []

    def watch(*request: t.Any) -> Reply | None:
        reply = plain(*request)
        locations.append(reply.headers.get("Location") if reply else None)
        return reply

    leader = scene.cluster.leader()
    with Front(watch).running() as front, scene.reader([front, leader]) as reader:
        assert version_of(reader, SOURCE).number
    assert locations == [f"{leader.url}/v1/auth/approle/login"]


def test_a_sealed_server_is_passed_over(scene: Scene) -> None:
    sealed = scene.cluster.standbys()[0]
    sealed.seal()
    with scene.reader([sealed, scene.cluster.leader()]) as reader:
        assert version_of(reader, SOURCE).number


def test_a_leader_that_is_killed_in_the_middle_costs_nothing(scene: Scene) -> None:
    leader = scene.cluster.leader()
    nodes = [leader, *scene.cluster.standbys()]
    calls = Calls()
    # Several threads may find that half of it is done.
    half_way = iter([leader.kill])

    def kill_half_way(request: t.Any, send: t.Any) -> t.Any:
        if len(calls) >= len(SOURCES) // 2:
            next(half_way, bool)()
        return calls(request, send)

    with scene.reader(nodes, kill_half_way, **PATIENT) as reader:
        results = reader.versions(SOURCES)
        assert all(isinstance(version, SourceVersion) for version in results.values())
        assert not leader.running()
    assert calls.count(LOGIN) == 1


def test_a_login_waits_until_there_is_a_new_leader(scene: Scene) -> None:
    leader = scene.cluster.leader()
    nodes = [leader, *scene.cluster.standbys()]
    with scene.reader(nodes, **PATIENT) as reader:
        leader.kill()
        assert version_of(reader, SOURCE).number


def test_what_was_just_written_is_read_from_a_standby_that_lags(scene: Scene) -> None:
    leader, standby = scene.cluster.leader(), scene.cluster.standbys()[0]
    plain, source = forward(leader.url, leader.ca_cert), VaultSource("cluster/new")
    for number in range(10):
        written = leader.put(source.path, x=str(number))
        with (
            Front(plain).running() as front,
            scene.reader([front, standby], vault_token=leader.root_token, **PATIENT) as reader,
        ):
            assert version_of(reader, source).number == written
            # From now on only the standby is there, which is not to answer from before.
            front.behaviour = always(None)
            assert version_of(reader, source).number == written


def test_without_any_leader_a_login_names_each_server(scene: Scene) -> None:
    leader, (left, other) = scene.cluster.leader(), scene.cluster.standbys()
    with scene.reader([leader, left, other], vault_timeout=10, vault_retries=0) as reader:
        leader.kill()
        other.kill()
        wait_for("the last one to give up", lambda: _status(left) != 200, timeout=60)
        error = problem(reader, SOURCE)
    assert isinstance(error, VaultUnreachableError)
    for node in (leader, other):
        assert f"Vault at {node.url} cannot be reached" in error.message
    assert left.url in error.message


def _status(node: ClusterNode) -> int:
    return requests.put(
        f"{node.url}/v1/cubbyhole/probe",
        headers={"X-Vault-Token": node.root_token},
        json={"x": "y"},
        verify=str(node.ca_cert),
        timeout=20,
        allow_redirects=False,
    ).status_code
