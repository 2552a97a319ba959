# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user asks for: data only, in the words of the public interface."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .discovery import USUAL, Discovery

if t.TYPE_CHECKING:
    from .._common import secret_value
    from .._vault import source as vault_source

STATES = ("present", "rolled_back", "absent")
ON_FAILURE = ("rollback", "rollback_all", "pause", "continue")
ON_SOURCE_ERROR = ("fail", "keep")


@dataclass(frozen=True)
class Attachment:
    """A service that is to get the secret where it does not refer to it yet.

    :param target: file name below ``/run/secrets`` or an absolute path; None: the logical name.
    :param mode: permission bits of the file.
    """

    service: str
    target: str | None = None
    uid: str = "0"
    gid: str = "0"
    mode: int = 0o444


@dataclass(frozen=True)
class SecretRequest:
    """One logical secret and where its value comes from.

    With neither ``source`` nor ``data`` the source is taken from the labels in Swarm.

    :param adopt: names of Swarm secrets made by somebody else that are versions of it.
    :param dropped_labels: labels that no version is to have any more.
    :param driver: the plugin that is to serve its value; empty: the Swarm is to store it; None: as
        it is with the newest version.
    :param from_version: with ``state: rolled_back``, the Swarm secret to go back from; None: the
        one that consumers have been left at.
    :param renew_before: how long before its end a value is renewed that has one (see
        ``renewal.py``); None: when a third of its time is left.
    """

    name: str
    source: vault_source.VaultSource | None = None
    data: secret_value.SecretValue | None = field(default=None, repr=False)
    labels: t.Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    renew_before: str | None = None
    adopt: tuple[str, ...] = ()
    dropped_labels: frozenset[str] = frozenset()
    driver: str | None = None
    from_version: str | None = None


@dataclass(frozen=True)
class Options:
    """How the run behaves. ``wait_timeout`` is in seconds, for each consumer.

    :param discover_paths: what labels may ask for (see ``allowed_paths.py``).
    :param discovery: which secrets are discovered.
    :param max_waves: how many waves are moved (see ``plan/waves.py``); None: all.
    """

    state: str = "present"
    discover: bool = False
    discover_paths: tuple[str, ...] | None = None
    discovery: Discovery = USUAL
    keep_versions: int = 2
    wait: bool = True
    wait_timeout: float = 300.0
    max_parallel: int = 4
    max_waves: int | None = None
    on_failure: str = "rollback"
    on_source_error: str = "fail"
    force: bool = False
    hash_key: secret_value.SecretValue | None = field(default=None, repr=False)
