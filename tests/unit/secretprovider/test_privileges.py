# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin is still allowed once it has opened its sockets."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import typing as t

import pytest

from tests.collection_path import link_plugin

if t.TYPE_CHECKING:
    from pathlib import Path

#: Gives up its rights, and prints what it is then.
PROGRAM = """
import json, os, sys
from swarmvault_secretprovider import privileges
user, somebody = json.loads(sys.argv[1])
if somebody is not None:
    os.setresuid(somebody, somebody, somebody)
warnings = privileges.drop(tuple(user), sys.argv[2:])
can = True
try:
    os.setuid(0)
except OSError:
    can = False
print(json.dumps([os.getresuid(), os.getresgid(), os.getgroups(), can, warnings]))
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")


def dropped(user: tuple[int, int], *sockets: str, somebody: int | None = None) -> list[t.Any]:
    """Return what is left, of the rights of this process or of somebody else's."""
    environment = {"PYTHONPATH": str(link_plugin())}
    command = [sys.executable, "-c", PROGRAM, json.dumps([user, somebody]), *sockets]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    found: list[t.Any] = json.loads(done.stdout)
    return found


@as_root
def test_there_is_no_way_back() -> None:
    assert dropped((65532, 65533)) == [[65532] * 3, [65533] * 3, [], False, []]


@as_root
def test_it_stays_in_the_group_of_a_socket_that_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        os.chown(path, 0, 4321)
        found = dropped((65532, 65532), str(path), str(tmp_path / "missing"))
    assert found == [[65532] * 3, [65532] * 3, [4321], False, []]


@as_root
def test_root_stays_root_only_where_it_is_asked_to() -> None:
    found = dropped((0, 0))
    assert (found[0], found[3]) == ([0] * 3, True)
    assert "keeps running as root" in found[4][0]


def test_who_has_no_rights_keeps_being_who_it_is() -> None:
    # Without rights of its own this process is somebody already.
    somebody = 54321 if os.geteuid() == 0 else os.geteuid()
    assert dropped((65532, 65532), somebody=somebody)[0] == [somebody] * 3
