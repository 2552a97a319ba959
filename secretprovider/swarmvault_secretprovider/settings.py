# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plugin was told: data only, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import declared

if t.TYPE_CHECKING:
    from swarmvault_core._vault.options import VaultOptions

#: The Vault that a secret comes from whose labels name none.
DEFAULT_CONNECTION = "default"
#: The longest time that a value is kept for the case that Vault cannot be reached, in seconds.
LONGEST_CACHE = 86400.0
#: Families of labels: that of sugar-org's plugins and ours, and that of sirlatrom's.
LABEL_FAMILIES = ("plain", "almbrand")


@dataclass(frozen=True)
class Connection:
    """One Vault.

    :param name: ``default``, or what the label ``vault_connection`` names.
    :param mount: where the key/value engine is mounted.
    :param options: gives how to reach and log in to it; reads the credential files anew at each
        call, so that they can be replaced while the plugin runs.
        Raises ``InputError`` where they are missing or contradict each other.
    :param allowed_paths: patterns of paths that tasks may have, with ``{service}``, ``{stack}`` and
        ``{label:NAME}`` in them; None: those that its token may read.
    :param task_policies: policies of the token that a task's value is read with, with the same
        words in them; None: it is read with the plugin's own token.
    :param token_role: role of Vault's token method through which tokens for tasks are made, as
        orphans; None: there is none.
    :param default_path: path below the mount of a secret that no label names one for, with
        ``{secret}`` and the same words in it.
    """

    name: str
    mount: str
    options: t.Callable[[], VaultOptions]
    allowed_paths: tuple[str, ...] | None = None
    task_policies: tuple[str, ...] | None = None
    token_role: str | None = None
    default_path: str = declared.DEFAULT_PATH


@dataclass(frozen=True)
class LogSettings:
    """How to log.

    :param format: ``text`` or ``json``.
    :param level: ``debug``, ``info``, ``warning`` or ``error``.
    """

    format: str = "text"
    level: str = "info"


@dataclass(frozen=True)
class RotationSettings:
    """Whether the plugin rotates by itself.

    :param enabled: whether it does.
    :param interval: seconds between two looks at Vault.
    """

    enabled: bool = False
    interval: float = 300.0


@dataclass(frozen=True)
class Settings:
    """Everything the plugin was told.

    :param connections: each Vault by its name.
    :param deadline: seconds that one request may take, all told.
    :param fail_on_error: whether a task fails whose value cannot be had, rather than starting with
        an empty file.
    :param default_labels: by whose habits a secret without labels is read, one of
        :data:`LABEL_FAMILIES`.
    :param cache_seconds: how long a value is kept for the case that Vault cannot be reached.
    :param cache_bytes: how many bytes of values are kept at most.
    :param max_parallel: how many requests one Vault is sent at a time.
    :param warnings: what to log at the start.
    :param log: how to log.
    :param observe: where metrics and health are served: ``127.0.0.1:9110``, or the path of a unix
        socket; None: nowhere.
    :param rotation: whether to rotate.
    :param user: numeric user and group to run as; None: whoever started it.
    """

    connections: t.Mapping[str, Connection]
    deadline: float = 8.0
    fail_on_error: bool = True
    default_labels: str = LABEL_FAMILIES[0]
    cache_seconds: float = LONGEST_CACHE
    cache_bytes: int = 16 * 1024 * 1024
    max_parallel: int = 8
    warnings: tuple[str, ...] = ()
    log: LogSettings = LogSettings()
    observe: str | None = None
    rotation: RotationSettings = RotationSettings()
    user: tuple[int, int] | None = None
