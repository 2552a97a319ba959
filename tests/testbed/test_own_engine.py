# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An own engine beside the user's: nothing of the user's is touched."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from testbed.imagetar import app_image
from testbed.system import PATH, need

#: A machine of its own as far as engines go: network, processes, /run, and an /etc of its own.
APART = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
PREPARE = """
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/etc /run/work /run/cache
cp "$APP" /run/cache/
cp "$BUSYBOX" /run/cache/busybox
mkdir -p /var/lib/containerd
mount -t tmpfs tmpfs /var/lib/containerd
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work overlay /etc
# Not exec: the first process of a process namespace takes care of orphans, as init does.
"$@"
exit
"""
ENGINES = {"dockerd": "docker.io", "containerd": "containerd", "iptables": "iptables"}

Seen = dict[str, t.Any]


@functools.cache
def seen_beside(socket: str, *, crash: bool = False) -> Seen:
    """Run an own engine beside another one; give what was seen of the other."""
    need({**ENGINES, "ip": "iproute2"}, "trying an engine beside another")
    app = app_image()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")},
        "PATH": PATH,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "TESTBED_ENGINE": "own",
        "TESTBED_STATE": "/run/state",
        "TESTBED_CACHE": "/run/cache",
        "APP": str(app),
        "BUSYBOX": str(app.with_name("busybox")),
        "CRASH": "yes" if crash else "",
    }
    inside = ["bash", "-euc", PREPARE, "bash", sys.executable, "-m", "testbed.beside", socket]
    done = subprocess.run(
        [*APART, *inside], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return t.cast("Seen", json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(params=["/run/docker.sock", "/run/elsewhere/docker.sock"], ids=["usual", "other"])
def seen(request: pytest.FixtureRequest) -> Seen:
    """What was seen where the user's engine listens at the usual socket, and where elsewhere."""
    return seen_beside(request.param)


def without_ours(looked: Seen) -> Seen:
    """Leave out what names a device of ours: every one begins so."""
    ours = re.compile(r"\bsvt0?-[0-9a-f]{10}\b")
    return {
        what: [line for line in lines if not ours.search(line)]
        if isinstance(lines, list)
        else lines
        for what, lines in looked.items()
    }


def test_nothing_of_the_users_engine_changes_while_ours_runs(seen: Seen) -> None:
    assert without_ours(seen["meanwhile"]) == seen["before"]


def test_nothing_is_left_of_ours(seen: Seen) -> None:
    assert seen["after"] == seen["before"]
    assert seen["left"] == []


def test_both_engines_start_containers_that_are_reached(seen: Seen) -> None:
    """The user's on its default bridge: before, beside ours, and after it."""
    assert len(seen["served"]) == 4
    assert all(seen["served"])


def test_a_killed_engine_is_taken_away_as_well() -> None:
    seen = seen_beside("/run/docker.sock", crash=True)
    assert seen["removed"] == ["bed beside"]
    assert seen["after"] == seen["before"]
    assert seen["left"] == []
    assert all(seen["served"])
