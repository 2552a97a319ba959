# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is told to end does so before its next step, and the next one completes it."""

from __future__ import annotations

import itertools

import pytest

from tests.fake_engine.faults import interfere
from tests.fake_engine.product import SecretRequest, VaultSource
from tests.fake_engine.scenario import Run, Scenario

SECRETS = [SecretRequest(name, source=VaultSource(f"shop/{name}", name)) for name in "abc"]


def changed() -> Scenario:
    """Return a Swarm whose two services use three secrets that have changed."""
    scene = Scenario()
    for name in "abc":
        scene.vault.put(f"shop/{name}", **{name: f"{name}1"})
    scene.rotate(*SECRETS)
    scene.service("api", "a_v1", "b_v1")
    scene.service("web", "b_v1", "c_v1")
    for name in "abc":
        scene.vault.put(f"shop/{name}", **{name: f"{name}2"})
    return scene


def ended_at(scene: Scenario, call: int) -> Run:
    """Run, and tell it to end just before one of its calls."""
    start = scene.start(*SECRETS)
    start.transport.at(call, interfere(scene.clock.cancel))
    run = start.run()
    scene.clock.resume()
    return run


def test_told_to_end_at_any_call_it_makes_no_more_versions_and_the_next_run_completes_it() -> None:
    for call in itertools.count(1):
        scene = changed()
        run = ended_at(scene, call)
        if len(run.transport.calls) < call:
            break
        later = [str(one) for one in run.transport.calls[call:] if one.is_write]
        assert not [one for one in later if "secrets/create" in one or "services" in one], later
        scene.engine.settle(60.0)
        scene.until_quiet(*SECRETS)
        assert scene.values_in("api") == {"a": "a2", "b": "b2"}
        assert scene.values_in("web") == {"b": "b2", "c": "c2"}
        assert {scene.status(f"{name}_v2") for name in "abc"} == {"active"}
    assert call > 10, "it was never ended in the middle"


def test_what_is_left_is_told() -> None:
    scene = changed()
    start = scene.start(*SECRETS)
    start.transport.on("POST /secrets/create", interfere(scene.clock.cancel))
    run = start.run()

    assert [run.action_on(name) for name in "abc"] == ["rotated", "failed", "failed"]
    assert "the next one makes the version" in run.told.secrets[1].reason
    assert [run.state_of(name) for name in ("api", "web")] == ["held", "held"]
    assert "The run was ended early" in run.told.warnings[-1]


@pytest.mark.parametrize("call", [1, 2])
def test_told_to_end_before_anything_is_done_it_changes_nothing(call: int) -> None:
    scene = changed()
    assert ended_at(scene, call).writes == []
