# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults between a run and the engine happen at the call that a test names."""

from __future__ import annotations

import pytest

from tests.fake_engine import faults
from tests.fake_engine.product import DockerError, SwarmClient
from tests.fake_engine.scenario import Scenario


@pytest.fixture
def transport() -> faults.FaultyTransport:
    """A transport to a Swarm in which nothing is."""
    return faults.FaultyTransport(Scenario().people)


BODY = {"Name": "db", "Labels": {}, "Data": "eA=="}


def test_a_lost_answer_is_lost_after_the_engine_did_it(transport: faults.FaultyTransport) -> None:
    transport.on("POST /secrets/create", faults.lose_answer)
    with pytest.raises(DockerError) as caught:
        transport.call("POST", "/secrets/create", None, BODY)
    assert caught.value.transient
    assert [secret.name for secret in SwarmClient(transport).secrets()] == ["db"]


@pytest.mark.parametrize("fault", [faults.refuse_connection, faults.unavailable])
def test_what_is_refused_is_not_done_and_may_be_tried_again(
    transport: faults.FaultyTransport, fault: faults.Fault
) -> None:
    transport.on("POST", fault)
    with pytest.raises(DockerError) as caught:
        transport.call("POST", "/secrets/create", None, BODY)
    assert caught.value.transient
    assert SwarmClient(transport).secrets() == []
    transport.call("POST", "/secrets/create", None, BODY)


def test_an_index_can_be_said_to_have_moved(transport: faults.FaultyTransport) -> None:
    transport.on("create", faults.out_of_sequence)
    with pytest.raises(DockerError, match="update out of sequence"):
        transport.call("POST", "/secrets/create", None, BODY)


def test_a_killed_run_makes_no_further_call(transport: faults.FaultyTransport) -> None:
    transport.at(1, faults.kill_after)
    with pytest.raises(faults.RunKilled):
        transport.call("POST", "/secrets/create", None, BODY)
    with pytest.raises(faults.RunKilled):
        transport.call("GET", "/secrets")
    assert [secret["Spec"]["Name"] for secret in transport.inner.call("GET", "/secrets")] == ["db"]


def test_a_fault_waits_for_its_call(transport: faults.FaultyTransport) -> None:
    transport.on("GET /secrets", faults.refuse_connection, nth=2)
    transport.at(4, faults.kill_before)
    transport.call("GET", "/secrets")
    with pytest.raises(DockerError):
        transport.call("GET", "/secrets")
    transport.call("GET", "/secrets")
    with pytest.raises(faults.RunKilled):
        transport.call("GET", "/services")


def test_somebody_else_is_just_before_the_call(transport: faults.FaultyTransport) -> None:
    def create() -> None:
        transport.inner.call("POST", "/secrets/create", None, BODY)

    transport.on("POST /secrets/create", faults.interfere(create))
    with pytest.raises(DockerError, match="already exists"):
        transport.call("POST", "/secrets/create", None, BODY)
