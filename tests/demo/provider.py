# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker plugin in the demo: built while the rest goes on, and where the role puts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

from testbed.errors import BedError
from testbed.inventory import over_ssh
from testbed.system import need

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed

#: What stack files name as the driver of a secret.
ALIAS = "vault-secrets-plugin:latest"


class Package:
    """The archive of the plugin, which is made in the background."""

    def __init__(self, collection: Path, directory: Path) -> None:
        """Begin to make it.

        :param collection: where the collection is installed.
        :param directory: where the archive is to be.
        """
        self.path = directory / "secretprovider.tar"
        self._log = directory / "secretprovider.log"
        with self._log.open("w") as log:
            self._building = subprocess.Popen(
                [collection / "secretprovider" / "build", ALIAS, "--archive", self.path],
                env={**os.environ, "PYTHON": sys.executable},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> Path:
        """Return the archive once it is there.

        :raises BedError: it cannot be made.
        """
        if self._building.wait():
            raise BedError(f"the plugin was not built: {self._log.read_text()}")
        return self.path


def inventory(bed: Bed, directory: Path) -> Path:
    """Write an inventory as a user has it: the managers, over ssh."""
    need({"ssh": "openssh-client"}, "Ansible's way to the managers")
    python = {"ansible_python_interpreter": "/usr/bin/python3"}
    hosts = {node.name: {**over_ssh(bed, node), **python} for node in bed.managers}
    path = directory / "inventory.json"
    path.write_text(json.dumps({"swarm_managers": {"hosts": hosts}}))
    return path
