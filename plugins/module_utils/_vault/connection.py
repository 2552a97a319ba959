# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an edge gets its reader from."""

from __future__ import annotations

import importlib
import sys
import typing as t

from .._common import errors
from . import client, reader
from .auth import registry

if t.TYPE_CHECKING:
    from . import adapter
    from . import options as vault_options

DEFAULT_MAX_PARALLEL = 8


def connect(
    options: vault_options.VaultOptions,
    max_parallel: int = DEFAULT_MAX_PARALLEL,
    hook: adapter.Hook | None = None,
) -> reader.VaultReader:
    """Return a reader, which asks nothing of Vault until it has to; use it in a ``with`` block.

    :param options: as ``settings`` made them.
    :param max_parallel: how many requests are under way at most.
    :param hook: stands around every request, for tests.
    :raises DependencyError: a Python library is missing.
    :raises InputError: a file that an option names cannot be used.
    """
    check_libraries()
    return reader.VaultReader(
        client.VaultClient(options, registry.Login(options), max_parallel, hook), max_parallel
    )


def check_libraries() -> None:
    """Make sure that the libraries are there, which the modules of this folder import without.

    :raises DependencyError: one is missing, or too old.
    """
    try:
        hvac = importlib.import_module("hvac")
        importlib.import_module("requests")
    except ImportError as error:
        problem = f"The Python library {error.name}, which talks to Vault, cannot be imported by"
    else:
        if hasattr(hvac.Client, "write_data"):  # since 1.2.0
            return
        problem = "The Python library hvac, which talks to Vault, is too old for"
    raise errors.DependencyError(
        f"{problem} {sys.executable} on this host.",
        f"Install it there: {sys.executable} -m pip install 'hvac>=1.2'.",
    )
