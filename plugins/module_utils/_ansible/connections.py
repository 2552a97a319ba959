# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The core's two sides for a module: the engine at once, Vault only when a source is asked for."""

from __future__ import annotations

import os
import sys
import typing as t
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .._common import errors

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from types import ModuleType

    from .._swarm import client, settings
    from .._vault import source

Params = t.Mapping[str, t.Any]

_SSH_LIBRARY = "paramiko"


@contextmanager
def connected(params: Params) -> Iterator[tuple[client.SwarmClient, source.SourceReader]]:
    """Connect to the engine, and promise a connection to Vault.

    :raises SwarmVaultError: the engine's options are wrong, or it cannot be reached.
    """
    from .._swarm import settings

    options = settings.resolve(params, os.environ)
    with _without_ssh(options):
        swarm = _open(options)
    with sources(params) as reader:
        yield swarm, reader


def swarm_client(params: Params) -> client.SwarmClient:
    """Connect to the engine.

    :raises SwarmVaultError: the engine's options are wrong, or it cannot be reached.
    """
    from .._swarm import settings

    return _open(settings.resolve(params, os.environ))


def _open(options: settings.DockerOptions) -> client.SwarmClient:
    from .._swarm import client, connect

    return client.SwarmClient(connect.open_transport(options))


@contextmanager
def _without_ssh(options: settings.DockerOptions) -> Iterator[None]:
    """Keep docker-py from loading paramiko where the connection does not go over ssh.

    That takes as long as half of all else a run that finds nothing to do does. For modules only:
    a process of theirs makes one connection and ends, so that nobody else can miss it.
    """
    if options.docker_host.startswith("ssh://") or {"docker", _SSH_LIBRARY} & sys.modules.keys():
        yield
        return
    # So Python is told that there is no such module.
    sys.modules[_SSH_LIBRARY] = t.cast("ModuleType", None)
    try:
        yield
    finally:
        del sys.modules[_SSH_LIBRARY]


@contextmanager
def _variables_explained() -> Iterator[None]:
    """Say of a setting that was found nowhere why a variable with its name may not count.

    Only lookups see the variables of Ansible; a module sees what its options are given.

    :raises InputError: there is such a setting.
    """
    from .._vault import errors as vault_errors
    from .._vault import settings as vault_settings

    try:
        yield
    except vault_errors.MissingSettingError as error:
        strongest = vault_settings.variables(error.option)[0].lower()
        variable = "ansible_hashi_vault_url" if error.option == "url" else strongest
        hint = (
            f"Ansible's variables, such as {variable}, reach lookups but not modules: hand them"
            " over in module_defaults of the play, for group/swarmvault.secrets.all, with"
            f' vault_{error.option}: "{{{{ {variable} }}}}".'
        )
        problem = errors.InputError(error.message, f"{error.remedy} {hint}")
    else:
        return
    raise problem


@contextmanager
def sources(params: Params) -> Iterator[source.SourceReader]:
    """Promise a connection to Vault."""
    with ExitStack() as stack:
        yield LazyReader(params, stack)


class LazyReader:
    """Reads sources, connecting for the first one.

    A run that asks for none needs no options for Vault.
    """

    def __init__(self, params: Params, stack: ExitStack) -> None:
        """Remember how to connect; what is opened is closed by ``stack``."""
        self._params = params
        self._stack = stack
        self._reader: source.SourceReader | None = None

    def versions(
        self, sources: Iterable[source.VaultSource]
    ) -> dict[source.VaultSource, source.SourceVersion | Exception]:
        """Tell the version of each source."""
        wanted = list(sources)
        return self._connected().versions(wanted) if wanted else {}

    def values(
        self, sources: Mapping[source.VaultSource, source.SourceVersion]
    ) -> dict[source.VaultSource, source.SourceValue | Exception]:
        """Read the value of each source."""
        return self._connected().values(sources) if sources else {}

    def held_leases(self) -> frozenset[str]:
        """Tell which leases the reads have taken that were not revoked since."""
        return self._reader.held_leases() if self._reader else frozenset()

    def revoke(self, lease_ids: Collection[str]) -> dict[str, Exception | None]:
        """End leases; tells for each why that could not be, or None."""
        return self._connected().revoke(lease_ids)

    def _connected(self) -> source.SourceReader:
        if self._reader is None:
            from .._vault import connection as vault
            from .._vault import settings as vault_settings

            home = Path(os.environ.get("HOME") or "/")
            with _variables_explained():
                options = vault_settings.resolve(self._params, os.environ, home)
            self._reader = self._stack.enter_context(vault.connect(options))
        return self._reader
