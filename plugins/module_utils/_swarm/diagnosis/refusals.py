# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine's refusal means: HTTP status and message -> domain error. Pure.

The engine passes errors of its cluster manager on as text, often with a status that says little:
"update out of sequence" and a lost leader both come as 500, "in use" as 400 (moby,
``daemon/server/httpstatus/status.go``; swarmkit, ``manager/controlapi``). So the text decides.
"""

from __future__ import annotations

import re

from ..._common import errors

_RPC = re.compile(r"^rpc error: code = (?P<code>\w+) desc = ", re.ASCII)
_PASSING_CODES = frozenset({"Unavailable", "DeadlineExceeded", "Aborted", "Canceled"})
_PASSING_TEXT = re.compile(
    r"leader|context deadline exceeded|context canceled"
    r"|connection (?:error|refused|reset)|transport is closing|Manager is being prepared",
)
_PASSING_STATUS = frozenset({502, 503, 504})

_WAIT = (
    "Try again later: the managers may be electing a leader. If it lasts, check whether more than "
    "half of the managers are up."
)

# Of a secret's driver (moby, ``plugin/store.go`` and ``pkg/plugins``); seen on 20.10 and 28.5.
_NO_PLUGIN = re.compile(r"plugin \S+ (?:not found|found but disabled)")

_NO_MANAGER = "This node is not a swarm manager"
_NO_SWARM = ("docker swarm init", "not part of a swarm")
_STARTING = "Manager is being prepared"
_LOCKED = "Swarm is encrypted"


def answer_error(action: str, docker_host: str, status: int, message: str) -> errors.DockerError:
    """Build the error for an answer that is not a success.

    :param action: what was asked for, for instance ``GET /services``.
    :param docker_host: which engine answered.
    :param status: HTTP status of the answer.
    :param message: the engine's words.
    """
    rpc = _RPC.match(message)
    detail = message[rpc.end() :] if rpc else message
    text = f"{action} at {docker_host} failed: {detail or 'no reason given'} (status {status})."
    no_manager = _no_manager(text, status, detail, docker_host)
    if no_manager:
        return no_manager
    if "update out of sequence" in detail:
        return errors.OutOfSequenceError(text, status=status)
    if "is in use by the following" in detail:
        remedy = "Move these services to another version first."
        return errors.InUseError(text, remedy, status=status)
    if status == 404:  # noqa: PLR2004 - everybody knows it
        return errors.DockerNotFoundError(text, status=status)
    if status == 409:  # noqa: PLR2004 - conflict
        return errors.NameTakenError(text, status=status)
    if _NO_PLUGIN.match(detail):
        remedy = (
            "Install the plugin on every manager, and enable it: the leader, whichever it is, asks it"
            " for values."
        )
        return errors.DockerError(text, remedy, status=status)
    if "client version" in detail and "API version" in detail:
        return errors.DockerError(text, "Set api_version to 'auto'.", status=status)
    if "HTTP request to an HTTPS server" in detail:
        remedy = "The engine speaks TLS: set tls or validate_certs to true."
        return errors.DockerError(text, remedy, status=status)
    if _is_passing(status, detail, rpc):
        return errors.DockerError(text, _WAIT, status=status, transient=True)
    return errors.DockerError(text, status=status)


def _no_manager(text: str, status: int, detail: str, docker_host: str) -> errors.DockerError | None:
    """Return the error for a node that cannot serve the cluster, or None."""
    if _LOCKED in detail:
        return errors.DockerError(
            text, "Unlock the swarm with 'docker swarm unlock'.", status=status
        )
    if _STARTING in detail:
        return errors.DockerError(text, _WAIT, status=status, transient=True)
    if any(words in detail for words in _NO_SWARM):
        remedy = (
            f"The engine at {docker_host} is not part of a swarm: run this on a swarm manager, "
            "or set docker_host to one."
        )
        return errors.DockerError(text, remedy, status=status)
    if _NO_MANAGER in detail:
        remedy = (
            f"The engine at {docker_host} is a worker of the swarm: run this on a manager, "
            "or set docker_host to one."
        )
        return errors.DockerError(text, remedy, status=status)
    return None


def _is_passing(status: int, detail: str, rpc: re.Match[str] | None) -> bool:
    if status in _PASSING_STATUS:
        return True
    if status < 500:  # noqa: PLR2004 - the engine is sure
        return False
    return bool((rpc and rpc["code"] in _PASSING_CODES) or _PASSING_TEXT.search(detail))
