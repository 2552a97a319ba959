# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bed: a Swarm of several nodes with an OpenBao beside it, under one name."""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import contextlib
import dataclasses
import json
import pathlib
import shutil
import typing as t

import docker
import docker.errors

from testbed import network, settings, swarm
from testbed.engine import NOT_THERE, HostEngine, data_root
from testbed.errors import BedError
from testbed.generations import DEFAULT, generation as find_generation
from testbed.images import ensure_node_image
from testbed.imagetar import app_image
from testbed.node import INIT, Node, archive, node_config
from testbed.openbao import OpenBao
from testbed.pki import Authority, ssh_key_pair, write_private
from testbed.system import exclusive, log
from testbed.waiting import wait_for

BAO = "vault"
"""The folder of the bed's own OpenBao in the bed's state."""


@dataclasses.dataclass(frozen=True)
class Bed:
    name: str
    generation: str
    gateway: str
    """The host's address on the bed's network: what runs on the host is reached here from the nodes."""
    nodes: tuple[Node, ...]
    engine: HostEngine

    # -- finding and making ------------------------------------------------------------------

    @classmethod
    def up(cls, name: str = "dev", generation: str = DEFAULT, managers: int = 3, workers: int = 1, vault: bool = True) -> Bed:
        """Give the bed of this name: the one that runs, if it is healthy, else a new one."""
        settings.check_name(name)
        find_generation(generation)
        with exclusive(f"bed-{name}"):
            existing = cls.find(name)
            if existing and existing._complete():
                existing._check_shape(generation, managers, workers)
                if existing._revive():
                    if vault:
                        existing._start_vault()
                    return existing
                log(f"bed {name!r} is not healthy: making it anew")
            return cls._create(name, generation, managers, workers, vault)

    @classmethod
    def find(cls, name: str) -> Bed | None:
        """The bed of this name if one was made, whatever its condition."""
        path = settings.beds_dir() / name / "bed.json"
        record = _record(path)
        if not record:
            return None
        engine = HostEngine(record["engine"])
        nodes = tuple(Node(engine=engine, tls_dir=path.parent / "tls", network=network.name_of(name), **node) for node in record["nodes"])
        return cls(name=name, generation=record["generation"], gateway=record["gateway"], nodes=nodes, engine=engine)

    @classmethod
    def names(cls) -> list[str]:
        """Beds with a trace anywhere: in the state directory, or as labels in an engine."""
        names = {path.name for path in settings.beds_dir().iterdir()}
        engine = HostEngine.find()
        if engine:
            names |= _labelled(engine)
        return sorted(names)

    # -- what tests use ----------------------------------------------------------------------

    @property
    def directory(self) -> pathlib.Path:
        return settings.beds_dir() / self.name

    @property
    def managers(self) -> list[Node]:
        return [node for node in self.nodes if node.role == "manager"]

    @property
    def workers(self) -> list[Node]:
        return [node for node in self.nodes if node.role == "worker"]

    @property
    def tls_dir(self) -> pathlib.Path:
        """ca.pem, cert.pem and key.pem of a client: what DOCKER_CERT_PATH wants."""
        return self.directory / "tls"

    @property
    def ssh_key(self) -> pathlib.Path:
        return self.directory / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> pathlib.Path:
        return self.directory / "ssh" / "known_hosts"

    @property
    def vault(self) -> OpenBao:
        """The OpenBao of this bed; its address works on the host and on the nodes."""
        found = OpenBao.find(self.directory / BAO)
        if not found:
            raise BedError(f"bed {self.name!r} was made without an OpenBao")
        return found

    def client(self, node: int | str | Node = 0, timeout: float = 60) -> docker.APIClient:
        """The API of one node's engine, by position, name or object."""
        if isinstance(node, str):
            node = {one.name: one for one in self.nodes}[node]
        elif isinstance(node, int):
            node = self.nodes[node]
        return node.client(timeout)

    def docker_options(self, node: int = 0) -> dict[str, t.Any]:
        """The connection options of an Ansible module for one node's engine."""
        return {
            "docker_host": self.nodes[node].docker_host,
            "tls": True,
            "validate_certs": True,
            "ca_path": str(self.tls_dir / "ca.pem"),
            "client_cert": str(self.tls_dir / "cert.pem"),
            "client_key": str(self.tls_dir / "key.pem"),
        }

    def environment(self, node: int = 0) -> dict[str, str]:
        """What the docker, bao and vault command lines need to speak to this bed."""
        docker_part = {"DOCKER_HOST": self.nodes[node].docker_host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(self.tls_dir)}
        try:
            return {**docker_part, **self.vault.environment()}
        except BedError:
            return docker_part

    def reset(self) -> None:
        """Back to an empty Swarm with every node up, as quickly as that can be had."""
        for node in self.nodes:
            if not node.running():
                self._wake(node)
        swarm.reset(self.managers, self.nodes)

    def load_image(self, tar_path: str | pathlib.Path) -> None:
        """Load an image archive into every node, side by side."""
        def load(node: Node) -> None:
            with contextlib.closing(node.client(timeout=300)) as client, pathlib.Path(tar_path).open("rb") as tar:
                for line in client.load_image(tar):
                    if "error" in line:
                        raise BedError(f"{node.name} cannot load {tar_path}: {line['error']}")

        _each(load, self.nodes)

    def healthy(self) -> bool:
        try:
            if not all(_each(Node.answers, self.nodes)):
                return False
            with contextlib.closing(self.client()) as client:
                return swarm.ready(client, len(self.nodes))
        except NOT_THERE:
            return False

    def down(self, keep_engine: bool = False) -> None:
        """Remove everything of this bed; the last one takes an own engine with it."""
        with exclusive(f"bed-{self.name}"):
            self._remove()
        if not keep_engine:
            stop_unused_engine()

    @classmethod
    def remove(cls, name: str, keep_engine: bool = False) -> None:
        """As down(), for whatever a crash left of a bed."""
        settings.check_name(name)
        with exclusive(f"bed-{name}"):
            found = cls.find(name)
            _remove(name, found.engine if found else HostEngine.find() or _crashed_engine())
        if not keep_engine:
            stop_unused_engine()

    # -- inside ------------------------------------------------------------------------------

    @classmethod
    def _create(cls, name: str, generation: str, managers: int, workers: int, vault: bool) -> Bed:
        recipe = find_generation(generation)
        engine = HostEngine.ensure()
        image = ensure_node_image(engine, recipe)
        application = app_image()
        _remove(name, engine)
        log(f"starting bed {name!r}: {managers} managers, {workers} workers, {generation}")
        systemd = recipe.systemd(engine.cgroup_version)
        net = network.create(engine, name, managers + workers)
        tls_dir = settings.beds_dir() / name / "tls"
        names = [(f"{name}-m{i + 1}", "manager") for i in range(managers)] + [(f"{name}-w{i + 1}", "worker") for i in range(workers)]
        nodes = tuple(Node(name=node, ip=ip, role=role, systemd=systemd, network=network.name_of(name), tls_dir=tls_dir, engine=engine)
                      for (node, role), ip in zip(names, net.addresses))
        bed = cls(name=name, generation=generation, gateway=net.gateway, nodes=nodes, engine=engine)
        try:
            bed._boot(image, application, vault)
        except BaseException:
            log(f"bed {name!r} did not come up; `python -m testbed down --name {name}` removes what is there")
            raise
        return bed

    def _boot(self, image: str, application: pathlib.Path, vault: bool) -> None:
        """Everything that can happen side by side does: machines, engines, joining, OpenBao."""
        self.directory.mkdir(mode=0o700, parents=True)
        authority = Authority(self.name)
        authority.issue_to(self.tls_dir, "testbed client")
        files = self._node_files()
        self._save()
        first = self.nodes[0]
        privileges = self.engine.privileges(image)
        with concurrent.futures.ThreadPoolExecutor(len(self.nodes) + 2) as pool:
            bao = pool.submit(self._start_vault) if vault else None

            def machine(node: Node) -> None:
                self._run_node(node, image, privileges, {**files, **_tls_files(authority, node)})
                node.wait()

            def lead() -> dict[str, str]:
                machine(first)
                return swarm.init(first)

            tokens = pool.submit(lead)

            def follow(node: Node) -> None:
                machine(node)
                swarm.join(node, first, tokens.result()[node.role])

            followers = [pool.submit(follow, node) for node in self.nodes[1:]]
            tokens.result()
            for follower in followers:
                follower.result()
            loading = pool.submit(self.load_image, application)
            with contextlib.closing(self.client()) as client:
                wait_for(f"the Swarm of bed {self.name!r} to be complete", lambda: swarm.ready(client, len(self.nodes)), timeout=60, ignore=NOT_THERE)
            loading.result()
            if bao:
                bao.result()
        self._save(complete=True)

    def _run_node(self, node: Node, image: str, privileges: dict[str, t.Any], files: dict[str, tuple[bytes, int]]) -> None:
        labels = {settings.LABEL: self.name}
        volume = f"swarmvault-testbed-{node.name}"
        config = node_config(image, node.name, labels, systemd=node.systemd, network=node.network, ip=node.ip, volume=volume,
                             hosts={one.name: one.ip for one in self.nodes}, privileges=privileges)
        with contextlib.closing(self.engine.client()) as client:
            client.create_volume(volume, labels=labels)
            client.create_container_from_config(config, node.name)
            client.put_archive(node.name, "/", archive(files))
            client.start(node.name)

    def _node_files(self) -> dict[str, tuple[bytes, int]]:
        """What every node gets, among it the SSH keys of the bed, which are made here."""
        private, public = ssh_key_pair(f"testbed {self.name}")
        host_private, host_public = ssh_key_pair(f"nodes of {self.name}")
        self.ssh_key.parent.mkdir(mode=0o700)
        write_private(self.ssh_key, private)
        write_private(self.ssh_key.with_suffix(".pub"), public)
        hosts = ",".join([*(node.ip for node in self.nodes), *(node.name for node in self.nodes)])
        write_private(self.known_hosts, f"{hosts} ".encode() + host_public)
        return {
            INIT: ((settings.FILES / "node-init.sh").read_bytes(), 0o755),
            "root/.ssh/authorized_keys": (public, 0o600),
            "etc/ssh/ssh_host_ed25519_key": (host_private, 0o600),
            "etc/ssh/ssh_host_ed25519_key.pub": (host_public, 0o644),
        }

    def _start_vault(self) -> OpenBao:
        return OpenBao.up(directory=self.directory / BAO, addresses=("127.0.0.1", self.gateway))

    def _save(self, complete: bool = False) -> None:
        record = {
            "complete": complete,
            "generation": self.generation,
            "gateway": self.gateway,
            "engine": self.engine.url,
            "nodes": [{"name": node.name, "ip": node.ip, "role": node.role, "systemd": node.systemd} for node in self.nodes],
        }
        write_private(self.directory / "bed.json", json.dumps(record, indent=2).encode())

    def _complete(self) -> bool:
        """False for what a failed or interrupted start left."""
        return bool(_record(self.directory / "bed.json").get("complete"))

    def _check_shape(self, generation: str, managers: int, workers: int) -> None:
        is_now = (self.generation, len(self.managers), len(self.workers))
        if is_now != (generation, managers, workers):
            raise BedError(f"bed {self.name!r} exists as {is_now[0]} with {is_now[1]} managers and {is_now[2]} workers: "
                           f"take another name, or bring it down first")

    def _revive(self) -> bool:
        """Start what is stopped; tell whether the bed is then as it should be."""
        try:
            for node in self.nodes:
                if not node.running():
                    self._wake(node)
            wait_for("the bed to be healthy", self.healthy, timeout=20)
        except (BedError, *NOT_THERE):
            return False
        return True

    def _wake(self, node: Node) -> None:
        with contextlib.closing(self.engine.client()) as client:
            paused = client.inspect_container(node.name)["State"]["Paused"]
        node.unpause() if paused else node.start()

    def _remove(self) -> None:
        _remove(self.name, self.engine)


def remove_all(keep_engine: bool = False) -> list[str]:
    """Every bed and every OpenBao, also what a crash left; gives the names."""
    if not HostEngine.find():
        _crashed_engine()
    names = Bed.names()
    for name in names:
        Bed.remove(name, keep_engine=True)
    for directory in settings.vaults_dir().iterdir():
        names.append(f"{directory.name} (OpenBao)")
        OpenBao(directory).down()
    if not keep_engine:
        stop_unused_engine()
    return names


def stop_unused_engine() -> None:
    """An own engine lives as long as any bed does."""
    engine = HostEngine.find()
    if engine and engine.own and not _labelled(engine):
        engine.stop()


def _crashed_engine() -> HostEngine | None:
    """An own engine that died keeps its containers on disk: only an engine can remove them properly."""
    containers = data_root() / "containers"
    if containers.exists() and any(containers.iterdir()):
        return HostEngine.ensure()
    return None


def _record(path: pathlib.Path) -> dict[str, t.Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _labelled(engine: HostEngine) -> set[str]:
    filters = {"label": settings.LABEL}
    with contextlib.closing(engine.client()) as client:
        found = [*client.containers(all=True, filters=filters), *client.networks(filters=filters), *(client.volumes(filters=filters)["Volumes"] or ())]
    return {name for one in found if (name := one["Labels"][settings.LABEL])}


def _remove(name: str, engine: HostEngine | None) -> None:
    """By label, so that it also finds what no file remembers."""
    directory = settings.beds_dir() / name
    if engine and not engine.answers():
        engine = _crashed_engine() if engine.own else None
    if engine:
        filters = {"label": f"{settings.LABEL}={name}"}
        with contextlib.closing(engine.client()) as client:
            _each(lambda one: _ignore_missing(client.remove_container, one["Id"], force=True, v=True), client.containers(all=True, filters=filters))
            _each(lambda one: _ignore_missing(client.remove_volume, one["Name"], force=True), client.volumes(filters=filters)["Volumes"] or ())
        network.remove(engine, name)
    OpenBao(directory / BAO).down()
    shutil.rmtree(directory, ignore_errors=True)


def _tls_files(authority: Authority, node: Node) -> dict[str, tuple[bytes, int]]:
    certificate, key = authority.issue(node.name, [node.ip, node.name, "127.0.0.1", "localhost"])
    return {
        "etc/docker/tls/ca.pem": (authority.pem, 0o644),
        "etc/docker/tls/cert.pem": (certificate, 0o644),
        "etc/docker/tls/key.pem": (key, 0o600),
    }


X = t.TypeVar("X")
Y = t.TypeVar("Y")


def _each(action: c.Callable[[X], Y], items: c.Iterable[X]) -> list[Y]:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(action, items))


def _ignore_missing(action: c.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> None:
    with contextlib.suppress(docker.errors.NotFound):
        action(*args, **kwargs)
