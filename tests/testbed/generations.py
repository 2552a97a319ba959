# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine generations a bed can run. A further one is one more entry here."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.errors import BedError

PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "docker.io",
    "iptables",
    "python3",
    "python3-venv",
    "ca-certificates",
    "iproute2",
    "procps",
    "openssh-server",
)


@dataclass(frozen=True)
class Generation:
    """One release of Debian, and thereby one version of the Docker engine."""

    #: The release's name.
    name: str
    #: The engine to expect, for people; the truth is what a node says.
    engine: str
    #: What node images consist of.
    packages: tuple[str, ...] = PACKAGES
    #: systemd gave up cgroup v1 with version 258: the node's init then starts dockerd itself.
    systemd_on_cgroup_v1: bool = True

    def runs_systemd(self, cgroup_version: int) -> bool:
        """Whether a node of this generation boots with systemd on such a host."""
        return cgroup_version >= 2 or self.systemd_on_cgroup_v1


_ALL = (
    Generation("bookworm", engine="20.10"),
    Generation(
        "forky",
        engine="28.5",
        packages=(*PACKAGES, "docker-cli"),
        systemd_on_cgroup_v1=False,
    ),
)

GENERATIONS = {generation.name: generation for generation in _ALL}

DEFAULT = "forky"


def find_generation(name: str) -> Generation:
    """Look a generation up by name."""
    try:
        return GENERATIONS[name]
    except KeyError:
        known = ", ".join(sorted(GENERATIONS))
        raise BedError(f"no engine generation {name!r}: there are {known}") from None
