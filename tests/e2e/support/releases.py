# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers with every release line of ansible-core that the collection supports.

Each needs a Python that this machine may not have. The Debians whose engines the beds run bring
two: so a controller is a container of a node's image, on this machine's network, with a virtual
environment of its own. What it installs is downloaded out here, where the package index is trusted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import docker

from testbed import images, settings
from testbed.engine import HostEngine
from testbed.generations import find_generation
from testbed.locks import exclusive
from testbed.parallel import each
from tests.collection_path import ROOT
from tests.e2e.support.controller import CALLBACKS, Controller

#: Kept between runs.
ENVIRONMENTS = ROOT / ".cache" / "ansible-releases"
#: What a controller has beside ansible-core, by the pins of the development tools.
BESIDE = ("ansible-runner", "docker", "hvac", "paramiko", "requests")


@dataclass(frozen=True)
class Release:
    """The newest release of a line.

    :param debian: a generation of the testbed whose Python it supports.
    """

    version: str
    debian: str

    @property
    def line(self) -> str:
        """Its first two numbers."""
        return ".".join(self.version.split(".")[:2])

    @property
    def environment(self) -> Path:
        """Its virtual environment, of use in a container only."""
        return ENVIRONMENTS / self.line


#: All lines from the oldest that meta/runtime.yml admits to the newest: bookworm has Python 3.11,
#: which 2.20 gave up, and forky 3.14, of which 2.20 is the first to know.
RELEASES = (
    Release("2.16.19", "bookworm"),
    Release("2.17.14", "bookworm"),
    Release("2.18.19", "bookworm"),
    Release("2.19.14", "bookworm"),
    Release("2.20.10", "forky"),
    Release("2.21.5", "forky"),
)
#: What AWX and Ansible Automation Platform 2.5 and 2.6 run.
OF_AWX = RELEASES[0]


@dataclass
class Containers:
    """Runs commands in containers that see chosen folders of this machine under the same paths."""

    engine: HostEngine
    folders: tuple[Path, ...]

    def run(
        self, image: str, command: t.Sequence[str], folder: Path, environment: t.Mapping[str, str]
    ) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it printed."""
        with contextlib.closing(self.engine.client(timeout=600)) as client:
            made = self._create(client, image, command, folder, environment)
            try:
                client.start(made)
                code = client.wait(made)["StatusCode"]
                return code, client.logs(made).decode(errors="replace")
            finally:
                client.remove_container(made, force=True, v=True)

    def _create(
        self,
        client: docker.APIClient,
        image: str,
        command: t.Sequence[str],
        folder: Path,
        environment: t.Mapping[str, str],
    ) -> dict[str, t.Any]:
        made: dict[str, t.Any] = client.create_container(
            image,
            list(command),
            # What it writes belongs to whoever runs the tests.
            user=f"{os.getuid()}:{os.getgid()}",
            working_dir=str(folder),
            environment={"LC_ALL": "C.UTF-8", "LOGNAME": "tester", **environment},
            labels={settings.LABEL: ""},
            host_config=client.create_host_config(
                network_mode="host", binds=[f"{one}:{one}" for one in self.folders], init=True
            ),
        )
        return made


def ensure(release: Release, engine: HostEngine) -> str:
    """Have the virtual environment of a release; return the image in which it works."""
    image = images.ensure_node_image(engine, find_generation(release.debian))
    pins = [f"ansible-core=={release.version}", *_pins_beside()]
    wanted = hashlib.sha256("\n".join([image, str(ROOT), *pins]).encode()).hexdigest()
    stamp = release.environment / "made-from"
    if stamp.exists() and stamp.read_text() == wanted:
        return image
    shutil.rmtree(release.environment, ignore_errors=True)
    wheels = release.environment / "wheels"
    wheels.mkdir(parents=True)
    inside = Containers(engine, (release.environment,))
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    python = _done(inside, image, ["python3", "-c", ask], wheels).strip()
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
    # As bookworm's libc understands them, whatever this machine's is.
    platforms = [
        f"--platform=manylinux_2_{minor}_{os.uname().machine}" for minor in range(36, 16, -1)
    ]
    asked = [f"--python-version={python}", *platforms, f"--dest={wheels}", *pins]
    subprocess.run([*download, *asked], check=True)
    _done(inside, image, ["python3", "-m", "venv", str(release.environment)], wheels)
    pip = [str(release.environment / "bin" / "pip"), "install", "--quiet", "--no-index"]
    _done(inside, image, [*pip, "--no-cache-dir", f"--find-links={wheels}", *pins], wheels)
    shutil.rmtree(wheels)
    stamp.write_text(wanted)
    return image


def _done(inside: Containers, image: str, command: t.Sequence[str], folder: Path) -> str:
    code, output = inside.run(image, command, folder, {"HOME": str(folder)})
    assert code == 0, f"{command}: {output}"
    return output


def _pins_beside() -> list[str]:
    files = (ROOT / "tests" / "requirements.txt", ROOT / "tests" / "testbed" / "requirements.txt")
    lines = [line for file in files for line in file.read_text().splitlines()]
    return sorted(line for line in lines if re.split("[=;]", line)[0] in BESIDE)


@dataclass
class ReleaseController(Controller):
    """An installed collection, run by another release of ansible-core than that of the tests."""

    release: Release = OF_AWX
    image: str = ""
    engine: HostEngine = field(default_factory=HostEngine.ensure)

    @property
    def bin(self) -> Path:
        """Where Ansible's programs are."""
        return self.release.environment / "bin"

    def start(
        self, command: t.Sequence[str], folder: Path, environment: t.Mapping[str, str]
    ) -> tuple[int, str]:
        """Run a program in a container."""
        seen = (ENVIRONMENTS, self.directory, settings.state_dir(), CALLBACKS)
        return Containers(self.engine, seen).run(self.image, command, folder, environment)

    def environment(self) -> dict[str, str]:
        """Return the environment of Ansible: nothing of this machine's."""
        ours = super().environment()
        kept = ("HOME", "TMPDIR", "NO_PROXY")
        return {
            **{key: value for key, value in ours.items() if key in kept or "ANSIBLE_" in key},
            "PATH": f"{self.bin}:/usr/bin:/bin",
        }


def controller_of(release: Release, installed: Controller) -> ReleaseController:
    """Return a controller with a release, and the collection as it is installed already."""
    engine = HostEngine.ensure()
    with exclusive(f"ansible-{release.line}"):
        image = ensure(release, engine)
    shared = (installed.directory, installed.unchecked, installed._numbers)
    return ReleaseController(*shared, release, image, engine)


def controllers(installed: Controller) -> dict[str, ReleaseController]:
    """Return a controller with each release."""
    made = each(lambda release: controller_of(release, installed), RELEASES)
    return {one.release.line: one for one in made}
