# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which secrets the plugin rotates: as much as their services could have had from it, no more.

A rotation reads with the plugin's own token, and stores what it reads where every service can get at
it that refers to the secret. So what bounds tasks bounds it as well.
"""

from __future__ import annotations

import re
import typing as t

from swarmvault_core._common import errors
from swarmvault_core._rotation import discovery, drivers, request

from . import access, labels_almbrand, protocol

if t.TYPE_CHECKING:
    from swarmvault_core._rotation.versions import LogicalSecret
    from swarmvault_core._swarm.model import Service
    from swarmvault_core._vault.source import VaultSource

    from .settings import Connection, Settings

_WORD = re.compile(r"\{[^{}]*\}")
_ANY = "*"


def options_for(connection: Connection, settings: Settings) -> request.Options:
    """Return how to run for the secrets of one Vault."""
    return request.Options(
        discover=True,
        discover_paths=_widest(connection.allowed_paths),
        discovery=discovery.Discovery(
            connection=connection.name,
            others=tuple(name for name in settings.connections if name != connection.name),
            mount=connection.mount,
            refuse=_Rules(connection).problem,
        ),
        # One that cannot be read stops no other, and what runs goes on.
        on_source_error="keep",
    )


def _widest(patterns: t.Iterable[str] | None) -> tuple[str, ...] | None:
    """Return patterns that cover whatever a service makes of these: what it may have comes later."""
    if patterns is None:
        return None
    return tuple(_WORD.sub(_ANY, pattern) for pattern in patterns)


class _Rules:
    """What the settings of one Vault say of a secret and the services that use it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._access: access.Access | None = None

    def problem(
        self, source: VaultSource | None, logical: LogicalSecret, services: t.Sequence[Service]
    ) -> str | None:
        """Say why the secret is left alone; None: it is rotated."""
        if any(name.startswith(labels_almbrand.PREFIX) for name in logical.labels):
            return (
                f"it has labels that begin with {labels_almbrand.PREFIX}, and those mean a value "
                f"that a task gets when it starts"
            )
        is_stored = not drivers.driver_in(logical)
        if is_stored and self._connection.task_policies is not None:
            return (
                f"{access.TASK_POLICIES} is set, so that values are read with tokens of tasks, "
                f"while this one would be read with the plugin's own; let the plugin serve it "
                f"(driver), or rotate it with swarm_secret_rotate"
            )
        return self._paths_problem(source, logical.name, services)

    def _paths_problem(
        self, source: VaultSource | None, secret: str, services: t.Sequence[Service]
    ) -> str | None:
        if self._connection.allowed_paths is None or source is None:
            return None
        # Without a service, only patterns count that are the same for all.
        tasks = [_task_of(service, secret) for service in services] or [
            protocol.SecretRequest(secret_name=secret)
        ]
        try:
            if self._access is None:
                self._access = access.Access(self._connection)
            for task in tasks:
                self._access.check(source, task)
        except errors.InputError as error:
            return error.message.rstrip(".")
        return None


def _task_of(service: Service, secret: str) -> protocol.SecretRequest:
    """Return what the engine would tell the plugin of a task of a service."""
    return protocol.SecretRequest(
        secret_name=secret,
        service_id=service.id,
        service_name=service.name,
        service_labels=service.labels,
    )
