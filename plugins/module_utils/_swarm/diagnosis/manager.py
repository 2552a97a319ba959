# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an engine's node serves as a manager now, by what ``docker node`` would say. Pure.

A host that answers, and even an engine that does, may not be one: the node was demoted, has left, is
locked, or the other managers have lost it.
"""

from __future__ import annotations

import typing as t

Document = t.Mapping[str, t.Any]

_NOT_KNOWN = "unknown"

_LOCAL_STATES = {
    "inactive": "the engine is not part of a swarm",
    "pending": "the engine has not joined the swarm yet",
    "locked": "the swarm is locked on it, 'docker swarm unlock' unlocks it",
}
"""What is told of LocalNodeState (moby, ``api/types/swarm/swarm.go``), save of active."""


class ManagerState(t.NamedTuple):
    """What an engine says of its own node.

    :param node: host name, as the engine has it; empty where it told nothing.
    :param problem: why it is not to be worked with; None: it is a manager that serves.
    :param leads: whether it is the one among the managers that leads the swarm.
    """

    node: str
    problem: str | None
    leads: bool = False


def problem_of_engine(info: Document) -> str | None:
    """Say from ``GET /info`` why the engine's node cannot be a manager, or None.

    :param info: the answer; its part ``Swarm`` tells of this node as it sees itself.
    """
    swarm: Document = info.get("Swarm") or {}
    state = swarm.get("LocalNodeState") or "inactive"
    error = f": {swarm['Error']}" if swarm.get("Error") else ""
    if state != "active":
        return f"{_LOCAL_STATES.get(state, f'its state in the swarm is {state}')}{error}"
    if not swarm.get("ControlAvailable"):
        return f"it is a worker of the swarm{error}"
    return None


def problem_of_node(node: Document) -> str | None:
    """Say from ``GET /nodes/{id}`` why the node is not a manager that serves, or None.

    Whether it is drained does not matter: that is about tasks. Nor does a state that is not known,
    which a new leader has of every node until it hears from it (swarmkit, ``api/types.proto``,
    NodeStatus.UNKNOWN): this one has just answered.

    :param node: what the managers think of the node.
    """
    role = (node.get("Spec") or {}).get("Role")
    if role != "manager":
        return f"it is being demoted, its role is {role}"
    state = (node.get("Status") or {}).get("State")
    if state not in ("ready", _NOT_KNOWN):
        return f"the swarm reports it as {state}"
    reachability = (node.get("ManagerStatus") or {}).get("Reachability")
    if reachability not in ("reachable", _NOT_KNOWN):
        return f"the other managers report it as {reachability or 'not a manager'}"
    return None


def is_leader(node: Document) -> bool:
    """Tell from ``GET /nodes/{id}`` whether the node leads the swarm: no other has the key."""
    return bool((node.get("ManagerStatus") or {}).get("Leader"))
