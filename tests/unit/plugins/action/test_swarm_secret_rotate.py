# SPDX-License-Identifier: GPL-3.0-or-later
"""The module is run as Ansible runs every module; what is left out is only work for nothing."""

from __future__ import annotations

import gc
import typing as t
from unittest import mock

import pytest
from ansible.plugins.action import normal
from ansible_collections.swarmvault.secrets.plugins.action.swarm_secret_rotate import ActionModule

#: What Ansible hands to any action plugin.
PARTS = ("task", "connection", "play_context", "loader", "templar", "shared_loader_obj")


@pytest.fixture(autouse=True)
def _garbage_as_before() -> t.Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_it_is_ansibles_own_and_its_result_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[t.Any, ...]] = []

    def run(_self: object, *arguments: t.Any) -> dict[str, t.Any]:
        asked.append(arguments)
        return {"changed": False, "msg": "unchanged"}

    monkeypatch.setattr(normal.ActionModule, "run", run)
    action = ActionModule(*(mock.MagicMock(name=part) for part in PARTS))
    assert action.run(None, {"a": 1}) == {"changed": False, "msg": "unchanged"}
    assert asked == [(None, {"a": 1})]


def test_what_is_loaded_already_is_not_walked_through_for_each_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(
        normal.ActionModule,
        "run",
        lambda *_arguments: seen.append((gc.get_freeze_count(), gc.get_threshold()[0])) or {},
    )
    ActionModule(*(mock.MagicMock(name=part) for part in PARTS)).run()
    ((frozen, threshold),) = seen
    assert frozen > 10_000
    assert threshold > 10_000
