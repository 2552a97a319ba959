# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks across processes: tests run in parallel share the engine, the images and the beds."""

from __future__ import annotations

import collections.abc as c
import contextlib
import fcntl
import os
import typing as t
from pathlib import Path

from testbed import settings


@contextlib.contextmanager
def exclusive(name: str) -> c.Iterator[None]:
    """One process at a time."""
    with _locked(name, fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def in_use(name: str) -> c.Iterator[None]:
    """Any number of processes at a time; while one is in here, nobody is in unused()."""
    with _locked(name, fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def unused(name: str) -> c.Iterator[bool]:
    """Give True, and keep users out meanwhile, if there is none; else False at once."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_locked(name, fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _locked(name: str, kind: int) -> c.Iterator[None]:
    handle = _acquire(name, kind)
    with handle:
        try:
            yield
        finally:
            # The last one out removes the file: a testbed leaves none behind.
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Path(handle.name).unlink()


def _acquire(name: str, kind: int) -> t.IO[str]:
    while True:
        path = settings.state_dir() / f"{name}.lock"
        try:
            handle = path.open("w")
        except FileNotFoundError:
            continue  # the whole directory went this moment
        try:
            fcntl.flock(handle, kind)
            # Who waited may have been given the lock of a file that its owner removed meanwhile.
            if path.exists() and os.path.samestat(path.stat(), os.fstat(handle.fileno())):
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            handle.close()
            raise
        handle.close()
