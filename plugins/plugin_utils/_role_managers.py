# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts of a play the role ``secretprovider`` works on, in which order. No I/O.

A host whose engine does not answer or does not serve now is passed over: the next run catches up
on it. One whose engine says that it can never do is a mistake in the inventory.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.diagnosis import manager

Answers = t.Mapping[str, t.Mapping[str, t.Any]]

OLDEST = (20, 10)
OK = 200
#: What the registries' tags of plugins call the architectures of engines.
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def sort(seen: t.Mapping[str, Answers]) -> dict[str, t.Any]:
    """Return ``order``, the leader last, ``skipped`` and ``refused`` with reasons, and more.

    :param seen: for each host what ``ansible.builtin.uri`` gave for ``engine``, that is
        ``GET /info``, and for ``node``, that is ``GET /nodes/{id}``.
    """
    skipped: dict[str, str] = {}
    refused: dict[str, str] = {}
    serving: list[str] = []
    for host, answers in seen.items():
        engine, node = answers.get("engine") or {}, answers.get("node") or {}
        refusal = _refusal(engine)
        problem = None if refusal else _problem(engine, node)
        if refusal:
            refused[host] = refusal
        elif problem:
            skipped[host] = problem
        else:
            serving.append(host)
    leaders = [host for host in serving if manager.is_leader(seen[host]["node"]["json"])]
    return {
        "order": [host for host in serving if host not in leaders] + leaders,
        "skipped": skipped,
        "refused": refused,
        "architectures": {host: _architecture(seen[host]) for host in serving},
    }


def _refusal(engine: t.Mapping[str, t.Any]) -> str | None:
    """Say why a host is none to work on, whatever the day."""
    if engine.get("status") != OK:
        return None
    info = engine.get("json") or {}
    swarm = info.get("Swarm") or {}
    state = swarm.get("LocalNodeState") or "inactive"
    if state in ("inactive", "active"):
        problem = manager.problem_of_engine(info)
        if problem:
            return problem
    version = str(info.get("ServerVersion") or "")
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers and numbers < OLDEST:
        return f"its engine is {version}, but must be 20.10 or newer"
    return None


def _problem(engine: t.Mapping[str, t.Any], node: t.Mapping[str, t.Any]) -> str | None:
    """Say why a host cannot be worked on now."""
    for answer in (engine, node):
        if answer.get("status") != OK:
            if answer is node and (problem := manager.problem_of_engine(engine["json"])):
                return problem
            said = answer.get("msg") or "no answer"
            return f"its engine does not answer: {said}" if answer.get("status") else str(said)
    return manager.problem_of_engine(engine["json"]) or manager.problem_of_node(node["json"])


def _architecture(answers: Answers) -> str:
    name = str(answers["engine"]["json"].get("Architecture") or "")
    return ARCHITECTURES.get(name, name)
