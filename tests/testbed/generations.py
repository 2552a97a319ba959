# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine generations a bed can run. A further one is one more entry here."""

from __future__ import annotations

import dataclasses

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


@dataclasses.dataclass(frozen=True)
class Generation:
    """One release of Debian and thereby one version of the Docker engine."""

    name: str
    engine: str
    """What to expect, for people; the truth is what the node's engine says."""
    script: str
    """The debootstrap script: an older debootstrap does not know newer releases by name."""
    packages: tuple[str, ...] = PACKAGES
    systemd_on_cgroup_v1: bool = True
    """systemd gave up cgroup v1 with version 258; there the node starts dockerd through its own small init."""

    def systemd(self, cgroup_version: int) -> bool:
        return cgroup_version >= 2 or self.systemd_on_cgroup_v1


GENERATIONS = {
    generation.name: generation
    for generation in (
        Generation("bookworm", engine="20.10", script="sid"),
        Generation(
            "forky",
            engine="28.5",
            script="sid",
            packages=(*PACKAGES, "docker-cli"),
            systemd_on_cgroup_v1=False,
        ),
    )
}

DEFAULT = "forky"


def generation(name: str) -> Generation:
    try:
        return GENERATIONS[name]
    except KeyError:
        raise BedError(
            f"no engine generation {name!r}: there are {', '.join(sorted(GENERATIONS))}"
        ) from None
