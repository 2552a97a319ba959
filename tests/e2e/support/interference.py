# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Something happens around a chosen call: to the engine, to a service, to the connection.

Everything here wraps the real transport, so the engine still answers every call itself.
"""

from __future__ import annotations

import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import DockerError

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
        Transport,
    )

Hook = t.Callable[[str], None]
Matches = t.Callable[[str], bool]


def is_service_update(call: str) -> bool:
    """Tell the one call that changes a consumer."""
    return call.startswith("POST /services/") and call.endswith("/update")


def is_look(call: str) -> bool:
    """Tell the call that reads the consumers on their way."""
    return call == "GET /services"


def nothing(_call: str) -> None:
    """Do nothing."""


class Hooked:
    """A transport that calls a hook before and after each call it passes on."""

    def __init__(self, inner: Transport, before: Hook = nothing, after: Hook = nothing) -> None:
        self.inner = inner
        self.before = before
        self.after = after

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: t.Any = None,
    ) -> t.Any:
        self.before(f"{method} {path}")
        answer = self.inner.call(method, path, params, body)
        self.after(f"{method} {path}")
        return answer


def once(matches: Matches, action: t.Callable[[], t.Any]) -> Hook:
    """Return a hook that acts at the first call that matches."""
    pending = [action]

    def hook(call: str) -> None:
        if pending and matches(call):
            pending.pop()()

    return hook


def cut(matches: Matches, times: int, *, following: Matches | None = None) -> Hook:
    """Return a hook that loses the connection at some calls.

    :param times: how many matching calls are lost.
    :param following: lose none before a call of this kind was seen.
    """
    state = {"left": times, "armed": following is None}

    def hook(call: str) -> None:
        if state["armed"] and state["left"] and matches(call):
            state["left"] -= 1
            raise DockerError(f"{call}: the connection was cut by the test.", transient=True)
        if following is not None and following(call):
            state["armed"] = True

    return hook
