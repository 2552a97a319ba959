# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a version holds, and how it becomes the file in a container: data only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from .._common import secret_value
    from .._swarm import model


@dataclass(frozen=True)
class Stored:
    """A value that is kept in the Swarm itself.

    :param templating: how the engine fills in placeholders of the value; None: it does not.
    """

    value: secret_value.SecretValue = field(repr=False)
    templating: model.RawSpec | None = None


class DriverBacked(t.NamedTuple):
    """A value that a secret driver fetches when a task starts: of the version the Swarm has labels.

    :param driver: name of the plugin, as a stack file writes it.
    :param templating: see :class:`Stored`; the engine fills in what a driver serves as well.
    """

    driver: str
    templating: model.RawSpec | None = None


@dataclass(frozen=True)
class Unread:
    """A value that Vault would make by being read, which check mode must not let it do."""


Payload = t.Union[Stored, DriverBacked, Unread]


def same_driver(one: str | None, other: str | None) -> bool:
    """Tell whether two names are of one driver; empty and None: the Swarm stores the value.

    The engine adds the tag to a plugin's name that has none (moby, ``plugin/store.go``).
    """
    return _tagged(one) == _tagged(other)


def _tagged(driver: str | None) -> str:
    name = driver or ""
    return f"{name}:latest" if name and ":" not in name.rsplit("/", 1)[-1] else name
