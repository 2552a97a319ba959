# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker plugin as users have it: built, pushed to a registry, installed on every manager."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass

from testbed.errors import BedError
from testbed.parallel import each
from testbed.waiting import wait_for
from tests.collection_path import ROOT
from tests.e2e.support.world import DEADLINE

if t.TYPE_CHECKING:
    from testbed import Bed, Node
    from testbed.registry import Registry
    from tests.e2e.support.world import World

#: What stack files of the known plugin name as their driver.
ALIAS = "vault-secrets-plugin:latest"
NAME = "swarmvault/secretprovider"
BUILD = ROOT / "secretprovider" / "build"
CREDENTIALS = "/etc/swarmvault-credentials"
#: Label of a service: the stack that it is of.
STACK = "com.docker.stack.namespace"
#: The user that the plugin becomes.
USER = "65532:65532"


@dataclass(frozen=True)
class Plugin:
    """The plugin on the managers of one bed."""

    bed: Bed
    registry: Registry

    def reference(self, tag: str) -> str:
        """Return its name in the registry."""
        return f"{self.registry.host}/{NAME}:{tag}"

    def build(self, tag: str, base: str = "debian-packages") -> str:
        """Build it in the first manager's engine; return the digest."""
        return self.build_as(self.reference(tag), base)

    def build_as(self, name: str, base: str = "debian-packages") -> str:
        """Build it under any name."""
        done = subprocess.run(
            [BUILD, name, "--base-image", base],
            env={**os.environ, **self.bed.environment(), "PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        found = re.search(r"sha256:[0-9a-f]{64}$", done.stdout.strip())
        if done.returncode or not found:
            raise BedError(f"the plugin was not built: {done.stdout}")
        return found[0]

    def push(self, tag: str) -> None:
        """Push what was built, and remove it from the engine."""
        first = self.bed.managers[0]
        first.exec(["docker", "plugin", "push", self.reference(tag)])
        first.exec(["docker", "plugin", "rm", self.reference(tag)])

    def install(self, tag: str, alias: str = ALIAS, /, **settings: str) -> None:
        """Install it from the registry on every manager, under its usual name or another."""
        source = f"credentials.source={CREDENTIALS}"
        words = [source, *(f"{name}={value}" for name, value in settings.items())]
        command = ["docker", "plugin", "install", "--grant-all-permissions", "--alias", alias]
        each(lambda node: node.exec([*command, self.reference(tag), *words]), self.bed.managers)

    def put_credentials(self, **files: bytes | str) -> None:
        """Write credential files on every manager, for the plugin's eyes only."""

        def put(node: Node) -> None:
            node.exec(["mkdir", "-p", "-m", "0700", CREDENTIALS])
            for name, content in files.items():
                node.put(f"{CREDENTIALS}/{name.replace('__', '.')}", content, 0o600)
            node.exec(["chown", "-R", USER, CREDENTIALS])

        each(put, self.bed.managers)

    def upgrade(self, tag: str) -> None:
        """Replace it on one manager after the other, as the guide says."""
        for node in self.bed.managers:
            node.exec(["docker", "plugin", "disable", "--force", ALIAS])
            upgrade = ["docker", "plugin", "upgrade", "--grant-all-permissions"]
            node.exec([*upgrade, "--skip-remote-check", ALIAS, self.reference(tag)])
            # It still shows what was set, but mounts what the new configuration says.
            node.exec(["docker", "plugin", "set", ALIAS, f"credentials.source={CREDENTIALS}"])
            node.exec(["docker", "plugin", "enable", ALIAS])

    def restart(self) -> None:
        """End it and start it anew on every manager."""

        def again(node: Node) -> None:
            node.exec(["docker", "plugin", "disable", "--force", ALIAS])
            node.exec(["docker", "plugin", "enable", ALIAS])

        each(again, self.bed.managers)

    def log(self) -> str:
        """Return the end of the managers' logs, where the plugin's lines are."""
        return "\n".join(each(lambda node: node.log(500), self.bed.managers))

    def remove(self) -> None:
        """Remove it, and every other plugin, from the managers."""

        def clear(node: Node) -> None:
            for name in node.exec(["docker", "plugin", "ls", "-q"]).stdout.split():
                node.exec(["docker", "plugin", "rm", "--force", name])

        each(clear, self.bed.managers)


def driven(world: World, name: str, **labels: str) -> str:
    """Create a secret whose values the plugin gives."""
    world.secret_as(Name=name, Labels=labels, Driver={"Name": ALIAS})
    return name


def restart(world: World, service: str) -> None:
    """Have each task of a service started anew, and wait until the new ones run."""
    before = world.task_ids(service)

    def count_up(spec: dict[str, t.Any]) -> None:
        task = spec["TaskTemplate"]
        task["ForceUpdate"] = task.get("ForceUpdate", 0) + 1

    world.edit(service, count_up)
    wait_for(
        f"{service} to have new tasks",
        lambda: not before & world.task_ids(service),
        timeout=DEADLINE,
    )
    world.wait_running(service)
