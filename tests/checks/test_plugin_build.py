# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker plugin, built from the installed collection: the same twice, small, whole.

From Debian's own packages, so without an engine; what an engine makes of it, tests/e2e/plugin shows.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import typing as t
from pathlib import Path

import pytest

from tests.checks.interpreters import interpreters
from tests.checks.tools import run_tool, tool_environment

pytestmark = pytest.mark.skipif(
    not (shutil.which("apt-get") and shutil.which("dpkg-deb") and shutil.which("unshare")),
    reason="this machine has no packages of Debian to build from",
)

MOST_BYTES = 60_000_000
IMPORT_ALL = Path(__file__).with_name("import_in_plugin.py")


class Built(t.NamedTuple):
    """What one build gave."""

    folder: Path
    digest: str

    @property
    def rootfs(self) -> Path:
        return self.folder / "rootfs"


def build(program: Path, output: Path, umask: int, python: str) -> Built:
    """Run it as a user would, somewhere else."""
    environment = tool_environment(DOCKER_HOST="unix:///nowhere", PYTHON=python)
    command = [program, "vault", "--base-image", "debian-packages", "--output", output]
    before = os.umask(umask)
    try:
        told = run_tool(*command, cwd=output.parent, environment=environment)
    finally:
        os.umask(before)
    found = re.search(r"sha256:[0-9a-f]{64}$", told.strip())
    assert found, told
    return Built(output, found[0])


def make_read_only(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)


@pytest.fixture(scope="module")
def twice(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    """Build from a collection that must not be written to, with the oldest Python and the newest."""
    collection = tmp_path_factory.mktemp("read-only") / "collection"
    shutil.copytree(installed / "ansible_collections" / "swarmvault" / "secrets", collection)
    make_read_only(collection)
    before = snapshot(collection)
    output = tmp_path_factory.mktemp("plugin")
    program = collection / "secretprovider" / "build"
    pythons = interpreters()
    built = (
        build(program, output / "one", 0o022, pythons[0]),
        build(program, output / "two", 0o077, pythons[-1]),
    )
    # Root can write where nobody may, and so is caught as well.
    assert snapshot(collection) == before
    return built


def snapshot(folder: Path) -> dict[str, tuple[int, float]]:
    found = {str(path): path.stat() for path in folder.rglob("*")}
    return {name: (status.st_mode, status.st_mtime) for name, status in found.items()}


def test_twice_the_same_inputs_the_same_digest(twice: tuple[Built, Built]) -> None:
    one, two = twice
    assert one.digest == two.digest
    assert states(one.folder) == states(two.folder)


def states(folder: Path) -> dict[str, tuple[t.Any, ...]]:
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        content: t.Any = path.readlink() if path.is_symlink() else None
        if not path.is_symlink() and path.is_file():
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime, content)
    return found


def test_it_is_small_and_not_compiled(twice: tuple[Built, Built]) -> None:
    files = [
        path for path in twice[0].rootfs.rglob("*") if path.is_file() and not path.is_symlink()
    ]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
    assert [path for path in files if path.suffix == ".pyc"] == []


def test_it_says_under_which_terms_its_parts_stand(twice: tuple[Built, Built]) -> None:
    application = twice[0].rootfs / "opt" / "secretprovider"
    assert "GNU GENERAL PUBLIC LICENSE" in (application / "LICENSE").read_text()
    libraries = list(application.glob("*.dist-info"))
    assert libraries
    assert [folder for folder in libraries if not list(folder.rglob("*LICENSE*"))] == []
    assert list(twice[0].rootfs.glob("usr/share/doc/python3*-minimal/copyright"))


def test_its_own_python_imports_all_there_is(twice: tuple[Built, Built]) -> None:
    """Each module of the standard library, of the libraries, of the core and of the plugin."""
    config = json.loads((twice[0].folder / "config.json").read_text())
    python, place = config["entrypoint"][0], config["workdir"]
    assert config["entrypoint"][1:] == ["-B", "-m", "swarmvault_secretprovider"]
    chroot = ["unshare", "--map-root-user", "chroot", twice[0].rootfs]
    code = IMPORT_ALL.read_text()
    told = run_tool(*chroot, python, "-B", "-W", "ignore", "-c", code, place)
    count, failed = json.loads(told)
    assert failed == {}
    assert count > 500


def test_it_knows_the_usual_authorities(twice: tuple[Built, Built]) -> None:
    code = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    chroot = ["unshare", "--map-root-user", "chroot", twice[0].rootfs]
    assert int(run_tool(*chroot, "/usr/bin/python3", "-c", code)) > 50
