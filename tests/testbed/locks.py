# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks across processes: tests run in parallel share the engine, the images and the beds."""

from __future__ import annotations

import collections.abc as c
import contextlib
import fcntl
from pathlib import Path

from testbed import settings


@contextlib.contextmanager
def exclusive(name: str) -> c.Iterator[None]:
    """One process at a time."""
    with _path(name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def in_use(name: str) -> c.Iterator[None]:
    """Any number of processes at a time; while one is in here, nobody is in unused()."""
    with _path(name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def unused(name: str) -> c.Iterator[bool]:
    """Give True, and keep users out meanwhile, if there is none; else False at once."""
    with _path(name).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _path(name: str) -> Path:
    return settings.state_dir() / f"{name}.lock"
