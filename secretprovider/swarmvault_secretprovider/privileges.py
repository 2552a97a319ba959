# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gives up what the plugin needs only to open its socket: Docker starts every plugin as root."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import stat
import typing as t
from pathlib import Path

from swarmvault_core._common import errors

# https://man7.org/linux/man-pages/man2/prctl.2.html
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_ROOT = 0


def drop(user: tuple[int, int], sockets: t.Iterable[str] = ()) -> list[str]:
    """Run as somebody without rights from here on, for good.

    Where the process is not root, it already does.

    :param user: number of the user, and of its group.
    :param sockets: sockets that it still has to be able to connect to, such as Docker's: it joins
        their groups.
    :returns: what to warn of.
    :raises InputError: the rights cannot be given up.
    """
    _protect_memory()
    uid, gid = user
    if os.geteuid() != _ROOT:
        return []
    if uid == _ROOT:
        return ["The plugin keeps running as root, as the setting uid says."]
    groups = sorted({found for path in sockets for found in _group_of(path)})
    _open_root_directory()
    try:
        os.setgroups(groups)
        os.setresgid(gid, gid, gid)
        # The kernel takes every capability away with that (capabilities(7)).
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise errors.InputError(
            f"The plugin cannot become the user {uid}, group {gid}: {error.strerror}.",
            "Set uid and gid to numbers that the host allows; uid 0 stays root.",
        ) from None
    _protect_memory()
    return []


def _protect_memory() -> None:
    """Keep values from being read through a dump, a debugger, or a program with more rights."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A Python without ctypes has to do without.
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _open_root_directory() -> None:
    """Let others than root enter ``/``, without which no file can be opened.

    The engine unpacks a plugin into a directory that it makes for root alone, whatever its archive
    says (seen with 20.10 and 28.5). Around it is one of the engine's own that nobody else may enter.
    """
    root = Path("/")
    mode = stat.S_IMODE(root.stat().st_mode)
    if not mode & stat.S_IXOTH:
        root.chmod(mode | 0o055)


def _group_of(path: str) -> list[int]:
    with contextlib.suppress(OSError):
        return [Path(path).stat().st_gid]
    return []
