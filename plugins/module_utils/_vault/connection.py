# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an edge gets its reader from."""

from __future__ import annotations

import typing as t

from .client import VaultClient
from .reader import VaultReader

if t.TYPE_CHECKING:
    from .client import Hook
    from .options import VaultOptions

DEFAULT_MAX_PARALLEL = 8


def connect(
    options: VaultOptions, max_parallel: int = DEFAULT_MAX_PARALLEL, hook: Hook | None = None
) -> VaultReader:
    """Return a reader, which asks nothing of Vault until it has to; use it in a ``with`` block.

    :param options: as ``resolve`` made them.
    :param max_parallel: how many requests are under way at most.
    :param hook: stands around every request, for tests.
    :raises DependencyError: a Python library is missing.
    :raises InputError: a file that an option names cannot be used.
    """
    return VaultReader(VaultClient(options, max_parallel, hook), max_parallel)
