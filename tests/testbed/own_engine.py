# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of an own engine, which touches nothing of another engine on this machine.

What engines share wherever their data lies, and what ours does about it (tried with 20.10,
see test_own_engine.py):

- the default bridge: `--bridge=none` deletes a docker0 that it finds, whoever made it, without the
  option it takes docker0 for its own, and with `--default-address-pool` it deletes a docker0 when
  it starts for a second time. So ours is told a bridge of its own and no address pool.
- /run/containerd/containerd.sock: an engine that finds a containerd there uses it, in the same
  namespace as the engine that it belongs to.
- /run/docker, /run/containerd and /etc/docker: sockets of plugins and shims, the engine's identity,
  the settings of the user's engine. Ours sees folders of its own there, in a mount namespace.
- firewall, forwarding: left alone.
- address ranges: ours has its networks where the user's, which may start meanwhile, never looks
  (addresses.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from testbed import settings
from testbed.addresses import free_subnet
from testbed.errors import BedError
from testbed.process import Daemon
from testbed.system import log, need, remove_tree, run, unmount

PLACES = ("run/docker", "run/containerd", "etc/docker")

PROGRAMS = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "mount": "mount",
}


def url() -> str:
    """Where it is spoken to."""
    return f"unix://{_directory() / 'docker.sock'}"


def running() -> bool:
    """Whether its process lives; it may not answer yet."""
    return bool(_daemon().pid())


def tail() -> str:
    """Give the end of its log."""
    return _daemon().tail()


def data_root() -> Path:
    """Where it keeps its images."""
    return settings.cache_dir() / "engine"


def has_containers() -> bool:
    """Whether there are containers on disk: those of an engine that died only it can remove."""
    containers = data_root() / "containers"
    return containers.exists() and any(containers.iterdir())


def start() -> None:
    """Start the process, installing it before if it is missing."""
    why = "running nodes without a Docker engine that answers"
    need(PROGRAMS, why)
    if os.geteuid() != 0:
        raise BedError(
            "no Docker engine answers, and only root can start one: "
            "start the system's, set DOCKER_HOST, or run as root"
        )
    _claim_data()
    log("starting an own engine")
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Of one that was killed: its number may be another process by now.
    (directory / "dockerd.pid").unlink(missing_ok=True)
    _add_bridge()
    _daemon().start(
        [
            *_apart(),
            "dockerd",
            f"--host={url()}",
            f"--pidfile={directory / 'dockerd.pid'}",
            f"--exec-root={directory / 'exec'}",
            f"--data-root={data_root()}",
            f"--bridge={_bridge()}",
            # Firewall rules and forwarding concern every engine, and would be left behind.
            *("--iptables=false", "--ip-forward=false", "--userland-proxy=false"),
        ]
    )


def stop() -> None:
    """End the process if it runs, and remove all it made but its data."""
    _daemon().stop()
    with contextlib.suppress(BedError):
        run(["ip", "link", "delete", _bridge()])
    made = _made_mount_points()
    remove_tree(_directory())
    unmount(data_root())
    for place in reversed(made):
        # Not empty: another engine took it into use meanwhile.
        with contextlib.suppress(OSError):
            Path(place).rmdir()


def left_something() -> bool:
    """Whether it was started and not stopped."""
    return _directory().exists()


def _directory() -> Path:
    return settings.state_dir() / "engine"


def _daemon() -> Daemon:
    return Daemon(_directory(), "dockerd")


def _claim_data() -> None:
    """Refuse images that the engine of another state directory works with: it locks them."""
    owner = data_root() / "testbed-state"
    if owner.exists():
        other = Path(owner.read_text(encoding="utf-8"))
        if other != settings.state_dir() and Daemon(other / "engine", "dockerd").pid():
            raise BedError(
                f"an engine of the testbeds in {other} uses {data_root()}: "
                f"with another TESTBED_STATE set another TESTBED_CACHE as well"
            )
    data_root().mkdir(mode=0o710, parents=True, exist_ok=True)
    owner.write_text(str(settings.state_dir()), encoding="utf-8")


# -- the bridge -------------------------------------------------------------------------------


def _bridge() -> str:
    """Give a name of at most 15 characters, also beside another user's testbeds."""
    return f"svt0-{hashlib.sha256(str(settings.state_dir()).encode()).hexdigest()[:10]}"


def _add_bridge() -> None:
    """Make the default bridge: an engine makes none of another name than docker0 itself."""
    links = run(["ip", "-oneline", "link"])
    if f" {_bridge()}:" in links:
        return
    # No container is ever attached to it, but an engine insists on an address.
    subnet = free_subnet(30)
    run(["ip", "link", "add", _bridge(), "type", "bridge"])
    run(["ip", "address", "add", f"{subnet[1]}/30", "dev", _bridge()])
    run(["ip", "link", "set", _bridge(), "up"])


# -- the mount namespace ----------------------------------------------------------------------


def _apart() -> list[str]:
    """Give the words before dockerd that put it into its mount namespace.

    If a crash left a containerd or shims there, into theirs: they need what the engine mounts.
    """
    survivor = _survivor()
    if survivor:
        return ["nsenter", f"--mount=/proc/{survivor}/ns/mnt"]
    _add_mount_points()
    places = settings.state_dir() / "engine" / "places"
    for place in PLACES:
        (places / place).mkdir(parents=True, exist_ok=True)
    script = settings.FILES / "own-engine.sh"
    # What the user unmounts goes here as well; what is mounted here is not seen elsewhere.
    return ["unshare", "--mount", "--propagation=slave", str(script), str(places)]


def _survivor() -> str | None:
    """Find a process that a crashed engine left; they are named by our directory."""
    exec_root = str(_directory() / "exec")
    here = Path("/proc/self/ns/mnt").stat().st_ino
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_text(encoding="utf-8", errors="replace")
            apart = (process / "ns" / "mnt").stat().st_ino != here
            if exec_root in command and "containerd" in command and apart:
                return process.name
    return None


def _add_mount_points() -> None:
    """Make what is missing to mount on, and remember it."""
    made = _made_mount_points()
    for place in PLACES:
        path = Path("/") / place
        if not path.exists():
            path.mkdir()
            made.append(str(path))
    (_directory() / "mount-points.json").write_text(json.dumps(made), encoding="utf-8")


def _made_mount_points() -> list[str]:
    try:
        return list(json.loads((_directory() / "mount-points.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return []
