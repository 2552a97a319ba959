# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the machines of a bed up. Whatever can happen side by side does."""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import contextlib
import typing as t

import docker.errors

from testbed import settings, swarm
from testbed.engine import NOT_THERE
from testbed.errors import BedError
from testbed.imagetar import Entry, archive
from testbed.node import Node
from testbed.pki import Authority, ssh_key_pair, write_private
from testbed.waiting import wait_for

#: What a node runs first, put into its root when it is made: a change there needs no new image.
INIT = "node-init"

CONFLICT = 409

PATH = "/opt/ansible/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def boot(
    bed: str, nodes: c.Sequence[Node], image: str, also: c.Callable[[], None] | None = None
) -> None:
    """Start the nodes, make one Swarm of them, and do something else meanwhile."""
    first = nodes[0]
    authority = Authority(bed)
    authority.issue_to(first.tls_dir, "testbed client")
    shared = {
        INIT: Entry((settings.FILES / "node-init.sh").read_bytes(), 0o755),
        **_ssh_files(bed, nodes),
    }
    privileges = first.engine.privileges(image)

    def start(node: Node) -> None:
        config = _container(bed, node, nodes, image)
        config["HostConfig"].update(privileges)
        _run(node, config, archive({**shared, **_tls_files(authority, node)}))
        node.wait()

    with concurrent.futures.ThreadPoolExecutor(len(nodes) + 1) as pool:
        other = pool.submit(also) if also else None

        def lead() -> dict[str, str]:
            start(first)
            return swarm.init(first)

        tokens = pool.submit(lead)

        def follow(node: Node) -> None:
            start(node)
            swarm.join(node, first, tokens.result()[node.role])

        joining = [pool.submit(follow, node) for node in nodes[1:]]
        for done in (tokens, *joining, other):
            if done:
                done.result()
    with contextlib.closing(first.client()) as client:
        wait_for(
            f"the Swarm of bed {bed!r} to be complete",
            lambda: swarm.ready(client, nodes),
            timeout=60,
            ignore=NOT_THERE,
        )


def _container(bed: str, node: Node, nodes: c.Sequence[Node], image: str) -> dict[str, t.Any]:
    """Describe the container that is a node."""
    return {
        "Image": image,
        "Hostname": node.name,
        "Cmd": [f"/{INIT}", "systemd" if node.systemd else "direct"],
        "Env": ["container=docker", f"PATH={PATH}"],
        "StopSignal": "SIGRTMIN+3" if node.systemd else "SIGTERM",
        "Labels": {settings.LABEL: bed},
        "HostConfig": {
            "CgroupnsMode": "private",
            "NetworkMode": node.network,
            "ExtraHosts": [f"{one.name}:{one.ip}" for one in nodes],
            # Empty at each start, as on any machine; what the engine stores survives a stop.
            "Tmpfs": {"/run": "exec,mode=755", "/tmp": "exec,mode=1777"},
            "Binds": [f"{_volume(node)}:/var/lib/docker"],
        },
        "NetworkingConfig": {
            "EndpointsConfig": {node.network: {"IPAMConfig": {"IPv4Address": node.ip}}}
        },
    }


def _run(node: Node, config: dict[str, t.Any], files: bytes) -> None:
    with contextlib.closing(node.engine.client()) as client:
        client.create_volume(_volume(node), labels=config["Labels"])
        try:
            client.create_container_from_config(config, node.name)
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:
                raise
            raise BedError(
                f"there is a container {node.name} already: name the bed differently"
            ) from error
        client.put_archive(node.name, "/", files)
        client.start(node.name)


def _volume(node: Node) -> str:
    return f"swarmvault-testbed-{node.name}"


def _ssh_files(bed: str, nodes: c.Sequence[Node]) -> dict[str, Entry]:
    """Make the bed's SSH keys; give the nodes' side of them."""
    private, public = ssh_key_pair(f"testbed {bed}")
    host_private, host_public = ssh_key_pair(f"nodes of {bed}")
    directory = settings.beds_dir() / bed / "ssh"
    directory.mkdir(mode=0o700)
    write_private(directory / "id_ed25519", private)
    write_private(directory / "id_ed25519.pub", public)
    hosts = ",".join(name for node in nodes for name in (node.ip, node.name))
    write_private(directory / "known_hosts", f"{hosts} ".encode() + host_public)
    return {
        "root/.ssh/authorized_keys": Entry(public, 0o600),
        "etc/ssh/ssh_host_ed25519_key": Entry(host_private, 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": Entry(host_public),
    }


def _tls_files(authority: Authority, node: Node) -> dict[str, Entry]:
    certificate, key = authority.issue(node.name, [node.ip, node.name, "127.0.0.1", "localhost"])
    return {
        "etc/docker/tls/ca.pem": Entry(authority.pem),
        "etc/docker/tls/cert.pem": Entry(certificate),
        "etc/docker/tls/key.pem": Entry(key, 0o600),
    }
