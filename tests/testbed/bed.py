# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bed: a Swarm of several nodes with an OpenBao beside it, under one name."""

from __future__ import annotations

import contextlib
import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import docker

from testbed import boot, network, removal, settings, swarm
from testbed.engine import IN_USE, NOT_THERE, HostEngine
from testbed.errors import BedError
from testbed.generations import DEFAULT, find_generation
from testbed.images import ensure_node_image
from testbed.imagetar import app_image
from testbed.locks import exclusive, in_use
from testbed.node import Node
from testbed.openbao import OpenBao
from testbed.parallel import each
from testbed.pki import write_private
from testbed.system import log
from testbed.waiting import wait_for


@dataclass(frozen=True)
class Bed:
    """Nodes that form a Swarm, and an OpenBao that they and this machine reach."""

    name: str
    generation: str
    #: This machine's address on the bed's network: what runs here is reached there from the nodes.
    gateway: str
    #: The managers, then the workers.
    nodes: tuple[Node, ...]
    engine: HostEngine

    # -- finding and making ------------------------------------------------------------------

    @classmethod
    def up(
        cls,
        name: str = "dev",
        generation: str = DEFAULT,
        managers: int = 3,
        workers: int = 1,
        *,
        vault: bool = True,
    ) -> Bed:
        """Give the bed of this name: the one there is, if it can be healed, else a new one."""
        settings.check_name(name)
        find_generation(generation)
        with exclusive(f"bed-{name}"):
            found = cls.find(name)
            if found and found._is_complete():
                found._check_shape((generation, managers, workers))
                if found._heal():
                    if vault:
                        found._start_vault()
                    return found
                log(f"bed {name!r} cannot be made healthy: making it anew")
            return cls._create(name, generation, (managers, workers), vault=vault)

    @classmethod
    def find(cls, name: str) -> Bed | None:
        """Give the bed of this name if one was made, whatever its condition."""
        directory = settings.beds_dir() / name
        record = _read(directory / "bed.json")
        if not record:
            return None
        engine = HostEngine(record["engine"])
        shared: dict[str, t.Any] = {
            "tls_dir": directory / "tls",
            "network": network.name_of(name),
            "engine": engine,
        }
        nodes = tuple(Node(**node, **shared) for node in record["nodes"])
        return cls(name, record["generation"], record["gateway"], nodes, engine)

    @classmethod
    def names(cls) -> list[str]:
        """Give every bed of which there is a trace: in the state directory, or in an engine."""
        engine = HostEngine.find()
        recorded = {path.name for path in settings.beds_dir().iterdir()}
        return sorted(recorded | (engine.beds() if engine else set()))

    # -- what tests use ----------------------------------------------------------------------

    @property
    def directory(self) -> Path:
        """Keys and records."""
        return settings.beds_dir() / self.name

    @property
    def managers(self) -> list[Node]:
        """The nodes that joined as managers."""
        return [node for node in self.nodes if node.role == "manager"]

    @property
    def workers(self) -> list[Node]:
        """The nodes that joined as workers."""
        return [node for node in self.nodes if node.role == "worker"]

    @property
    def tls_dir(self) -> Path:
        """ca.pem, cert.pem and key.pem of a client: what DOCKER_CERT_PATH wants."""
        return self.directory / "tls"

    @property
    def ssh_key(self) -> Path:
        """Lets root in on every node."""
        return self.directory / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The nodes' host keys."""
        return self.directory / "ssh" / "known_hosts"

    @property
    def vault(self) -> OpenBao:
        """The OpenBao of this bed; its URL is good on this machine and on the nodes."""
        found = OpenBao.find(self.directory / "vault")
        if not found:
            raise BedError(f"bed {self.name!r} was made without an OpenBao")
        return found

    def node(self, which: int | str | Node) -> Node:
        """Find a node by position, by name ("dev-m1"), or by the short form of it ("m1")."""
        if isinstance(which, Node):
            return which
        if isinstance(which, int):
            return self.nodes[which]
        for node in self.nodes:
            if which in (node.name, node.name.removeprefix(f"{self.name}-")):
                return node
        there = ", ".join(node.name for node in self.nodes)
        raise BedError(f"bed {self.name!r} has no node {which!r}: there are {there}")

    def client(self, node: int | str | Node = 0, timeout: int = 60) -> docker.APIClient:
        """Connect to one node's engine."""
        return self.node(node).client(timeout)

    def docker_options(self, node: int | str | Node = 0) -> dict[str, t.Any]:
        """Give the options with which an Ansible module connects to one node's engine."""
        return {
            "docker_host": self.node(node).docker_host,
            "tls": True,
            "validate_certs": True,
            "ca_path": str(self.tls_dir / "ca.pem"),
            "client_cert": str(self.tls_dir / "cert.pem"),
            "client_key": str(self.tls_dir / "key.pem"),
        }

    def environment(self, node: int | str | Node = 0) -> dict[str, str]:
        """Give what the docker, bao and vault command lines need to speak to this bed."""
        variables = {
            "DOCKER_HOST": self.node(node).docker_host,
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(self.tls_dir),
        }
        bao = OpenBao.find(self.directory / "vault")
        return {**variables, **(bao.environment() if bao else {})}

    def reset(self) -> None:
        """Go back to an empty Swarm with every node up, as quickly as that can be had."""
        if not all(each(Node.running, self.nodes)):
            self._revive()
        swarm.reset(self.nodes)

    def load_image(self, tar_path: str | Path) -> None:
        """Load an image archive into every node, side by side."""

        def load(node: Node) -> None:
            with contextlib.closing(node.client(300)) as client, Path(tar_path).open("rb") as tar:
                for line in client.load_image(tar):
                    if "error" in line:
                        raise BedError(f"{node.name} cannot load {tar_path}: {line['error']}")

        each(load, self.nodes)

    def healthy(self) -> bool:
        """Whether every engine answers and the Swarm is complete."""
        try:
            with contextlib.closing(self.client(timeout=5)) as client:
                complete = swarm.ready(client, self.nodes)
        except NOT_THERE:
            return False
        return complete and all(each(swarm.takes_part, self.nodes))

    def down(self, *, keep_engine: bool = False) -> None:
        """Remove everything of this bed; the last one takes an own engine with it."""
        removal.remove(self.name, self.engine, keep_engine=keep_engine)

    @classmethod
    def remove(cls, name: str, *, keep_engine: bool = False) -> None:
        """As down(), for whatever there is of a bed: also for what a crash left half made."""
        found = cls.find(name)
        removal.remove(name, found.engine if found else None, keep_engine=keep_engine)

    # -- inside ------------------------------------------------------------------------------

    @classmethod
    def _create(cls, name: str, generation: str, size: tuple[int, int], *, vault: bool) -> Bed:
        recipe = find_generation(generation)
        with in_use(IN_USE):
            engine = HostEngine.ensure()
            image = ensure_node_image(engine, recipe)
            application = app_image()
            removal.sweep(name, engine)
            log(f"starting bed {name!r}: {size[0]} managers, {size[1]} workers, {generation}")
            net = network.create(engine, name, sum(size))
            shared: dict[str, t.Any] = {
                "systemd": recipe.runs_systemd(engine.cgroup_version()),
                "tls_dir": settings.beds_dir() / name / "tls",
                "network": net.name,
                "engine": engine,
            }
            ranks = [("manager", i + 1) for i in range(size[0])]
            ranks += [("worker", i + 1) for i in range(size[1])]
            nodes = tuple(
                Node(name=f"{name}-{role[0]}{number}", role=role, ip=ip, **shared)
                for (role, number), ip in zip(ranks, net.addresses, strict=True)
            )
            bed = cls(name, generation, net.gateway, nodes, engine)
            bed.directory.mkdir(mode=0o700)
            bed._save(complete=False)
            boot.boot(name, nodes, image, also=bed._start_vault if vault else None)
            bed.load_image(application)
            bed._save(complete=True)
        return bed

    def _start_vault(self) -> None:
        OpenBao.up(directory=self.directory / "vault", addresses=("127.0.0.1", self.gateway))

    def _save(self, *, complete: bool) -> None:
        fields = ("name", "ip", "role", "systemd")
        record = {
            "complete": complete,
            "generation": self.generation,
            "gateway": self.gateway,
            "engine": self.engine.url,
            "nodes": [{field: getattr(node, field) for field in fields} for node in self.nodes],
        }
        write_private(self.directory / "bed.json", json.dumps(record, indent=2).encode())

    def _is_complete(self) -> bool:
        """False for what a failed or interrupted start left."""
        return bool(_read(self.directory / "bed.json").get("complete"))

    def _check_shape(self, wanted: tuple[str, int, int]) -> None:
        found = (self.generation, len(self.managers), len(self.workers))
        if found != wanted:
            raise BedError(
                f"bed {self.name!r} is {found[0]} with {found[1]} managers and {found[2]} workers: "
                f"take another name, or bring it down first"
            )

    def _heal(self) -> bool:
        """Switch on what is off; tell whether the bed is then as it should be."""
        if self.healthy():
            return True
        try:
            self._revive()
        except (BedError, *NOT_THERE):
            return False
        return True

    def _revive(self) -> None:
        each(Node.revive, self.nodes)
        wait_for(f"bed {self.name!r} to be healthy", self.healthy, timeout=60)


def _read(path: Path) -> dict[str, t.Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
