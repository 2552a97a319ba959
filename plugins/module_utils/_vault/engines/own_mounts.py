# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes sure that a path does not lead to where a namespace keeps its own credentials."""

from __future__ import annotations

import typing as t

from ..._common import errors
from .. import forbidden_paths

if t.TYPE_CHECKING:
    from . import location
    from . import mounts as mount_table

_KEY_VALUE = ("kv1", "kv2")


def check_mount(place: location.Location, mounts: mount_table.Mounts) -> None:
    """Let Vault say what a path lies in, where the path itself leaves that open.

    :raises SourceError: it lies in no secrets engine, as far as Vault tells.
    """
    if not forbidden_paths.may_be_in_namespace(place.engine, place.mount, place.path):
        return
    mount = mounts.find(str(place))
    if mount is None or not _is_engine(mount, place):
        raise errors.SourceError(
            f"{place} is not read: it may lead to where a namespace of Vault keeps its own "
            f"credentials and settings, which is never a source.",
            "Let the token see the mount (any right in it is enough), or choose a path without "
            "auth, sys, identity or cubbyhole in it.",
        )


def _is_engine(mount: mount_table.Mount, place: location.Location) -> bool:
    # What Vault names must be the beginning of the path that was asked for, so that the rest is
    # up to that engine. A key/value engine may itself be called so, as in team/auth.
    within = f"{place}/".startswith(f"{mount.path}/")
    return within and (mount.kind in _KEY_VALUE or not forbidden_paths.names_reserved(mount.path))
