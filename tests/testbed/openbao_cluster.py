# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several OpenBao servers that share one storage by Raft: one is active, the others stand by."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from testbed.openbao import LOCAL, NOT_YET, OK, OpenBao
from testbed.pki import Authority
from testbed.waiting import wait_for


@dataclass(frozen=True)
class ClusterNode(OpenBao):
    """One server of a cluster; what tests do with a server alone they can do with this as well."""

    @property
    def audit_log(self) -> Path:
        """One for all: the servers of a cluster insist on the same settings of an audit device."""
        return self.directory.parent / "audit.log"

    def begin_cluster(self, authority: Authority) -> None:
        """Start as the first server, which has nobody to join."""
        self._begin([LOCAL], authority)
        self._initialize()
        # Others are to vote at once, and not after ten seconds in which nothing happened to them.
        settings = {"server_stabilization_time": "100ms"}
        self.client().write_data("sys/storage/raft/autopilot/configuration", data=settings)

    def join(self, first: ClusterNode, authority: Authority) -> None:
        """Start as a further server."""
        self._begin([LOCAL], authority, leader=first.url)
        shutil.copy(first.directory / "keys.json", self.directory)
        client = self.client(token="")
        what = f"the OpenBao at {self.url} to join"
        wait_for(what, client.sys.is_initialized, timeout=60, interval=0.05, ignore=NOT_YET)
        self.unseal()
        (self.directory / "ready").touch()

    def kill(self) -> None:
        """End the process without letting it hand over."""
        pid = self._daemon.pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
            wait_for(f"the OpenBao at {self.url} to end", lambda: not self.running(), timeout=30)

    def seal(self) -> None:
        """Let it refuse everything until it is unsealed; a standby takes no order to."""
        self.stop()
        self._launch()
        self._wait_for_answer()

    def is_leader(self) -> bool:
        """Whether it is the one that serves."""
        return self.running() and self._get("health") == OK

    def _active(self) -> bool:
        return self._get("health?standbyok=true") == OK


@dataclass(frozen=True)
class OpenBaoCluster:
    """Servers whose directories lie in one."""

    directory: Path

    @classmethod
    def up(cls, directory: Path, size: int = 3) -> OpenBaoCluster:
        """Make a cluster; its first server begins as the active one."""
        cluster, authority = cls(directory), Authority("OpenBao")
        nodes = [ClusterNode(directory / f"node{number}") for number in range(1, size + 1)]
        try:
            nodes[0].begin_cluster(authority)
            for node in nodes[1:]:
                node.join(nodes[0], authority)
            cluster.wait_for_voters()
        except BaseException:
            cluster.down()
            raise
        return cluster

    @property
    def nodes(self) -> list[ClusterNode]:
        """Every server, running or not, in the order of their names."""
        return [ClusterNode(path) for path in sorted(self.directory.glob("node*"))]

    @property
    def ca_cert(self) -> Path:
        """What the certificate of each is checked with."""
        return self.nodes[0].ca_cert

    @property
    def root_token(self) -> str:
        """The token that may do everything."""
        return self.nodes[0].root_token

    def leader(self) -> ClusterNode:
        """Give the active server, once the others have agreed on one."""
        found = wait_for("a leader", self._leaders, timeout=60, interval=0.05, ignore=NOT_YET)
        return found[0]

    def standbys(self) -> list[ClusterNode]:
        """Give the servers that stand by."""
        leader = self.leader()
        return [node for node in self.nodes if node.running() and node != leader]

    def revive(self) -> None:
        """Start what is stopped, and unseal what is sealed."""
        for node in self.nodes:
            node.start()
        self.wait_for_voters()

    def wait_for_voters(self) -> None:
        """Wait until each server counts when a leader is elected: one that is new does not."""
        wait_for("all to be voters", self._all_vote, timeout=60, interval=0.05, ignore=NOT_YET)

    def down(self) -> None:
        """End the processes and remove everything they wrote."""
        for node in self.nodes:
            node.down()

    def _all_vote(self) -> bool:
        client = self.leader().client()
        servers = client.sys.read_raft_config()["data"]["config"]["servers"]
        return [server["voter"] for server in servers] == [True] * len(self.nodes)

    def _leaders(self) -> list[ClusterNode]:
        return [node for node in self.nodes if node.is_leader()]
