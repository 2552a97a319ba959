# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's refusals, in the words of real engines 20.10 and 28.5."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.diagnosis.refusals import (
    answer_error,
)

HOST = "tcp://node:2376"
RPC = "rpc error: code = {} desc = {}"


def build(status: int, message: str) -> errors.DockerError:
    error = answer_error("POST /services/x/update", HOST, status, message)
    assert error.status == status
    return error


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (500, RPC.format("Unknown", "update out of sequence"), errors.OutOfSequenceError),
        (
            400,
            RPC.format(
                "InvalidArgument", "secret 'db' is in use by the following services: web, api"
            ),
            errors.InUseError,
        ),
        (404, "service x not found", errors.DockerNotFoundError),
        (409, RPC.format("AlreadyExists", "secret db already exists"), errors.NameTakenError),
    ],
)
def test_a_refusal_with_a_meaning_of_its_own(
    status: int, message: str, kind: type[errors.DockerError]
) -> None:
    error = build(status, message)
    assert error.__class__ is kind
    assert not error.transient


def test_the_message_says_what_was_done_where_and_in_the_engines_words() -> None:
    error = build(400, RPC.format("InvalidArgument", "secret not found: db_v2"))
    assert error.message == (
        f"POST /services/x/update at {HOST} failed: secret not found: db_v2 (status 400)."
    )


@pytest.mark.parametrize(
    "words", ['plugin "shelf" not found', 'plugin "shelf:latest" found but disabled']
)
def test_a_secret_driver_that_cannot_be_asked_says_where_it_has_to_be(words: str) -> None:
    error = build(500, RPC.format("Unknown", words))
    assert not error.transient
    assert words in error.message
    assert error.remedy.startswith("Install the plugin on every manager, and enable it")


NO_SWARM = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)
WORKER = (
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
    "Please run this command on a manager node or promote the current node to a manager."
)
STARTING = (
    "This node is not a swarm manager. Manager is being prepared or has trouble connecting to the "
    "cluster."
)
LOCKED = (
    "Swarm is encrypted and needs to be unlocked before it can be used. Please use "
    '"docker swarm unlock" to unlock it.'
)


def test_a_node_outside_any_swarm_says_so() -> None:
    error = build(503, NO_SWARM)
    assert not error.transient
    assert "is not part of a swarm" in error.remedy
    assert HOST in error.remedy


def test_a_worker_says_so() -> None:
    error = build(503, WORKER)
    assert not error.transient
    assert "is a worker" in error.remedy
    assert HOST in error.remedy


def test_a_manager_that_is_starting_may_answer_later() -> None:
    error = build(503, STARTING)
    assert error.transient
    assert error.remedy.startswith("Try again later")


def test_a_locked_swarm_wants_its_key() -> None:
    error = build(503, LOCKED)
    assert not error.transient
    assert "docker swarm unlock" in error.remedy


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (503, RPC.format("Unavailable", "all SubConns are in TransientFailure")),
        (500, RPC.format("Unavailable", "whatever")),
        (500, RPC.format("Canceled", "stream terminated by RST_STREAM with error code: CANCEL")),
        (500, RPC.format("Aborted", "whatever")),
        (500, RPC.format("DeadlineExceeded", "whatever")),
        (500, RPC.format("DeadlineExceeded", "context deadline exceeded")),
        (
            500,
            RPC.format(
                "Unknown",
                "The swarm does not have a leader. It's possible that too few managers are online.",
            ),
        ),
        (500, "context deadline exceeded"),
        (500, RPC.format("Unknown", "raft: no elected cluster leader")),
        (500, 'connection error: desc = "transport: dial tcp: connect: connection refused"'),
        (502, "bad gateway"),
        (504, ""),
    ],
)
def test_a_passing_fault(status: int, message: str) -> None:
    error = build(status, message)
    assert error.transient
    assert error.remedy.startswith("Try again later")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "invalid filter 'x'"),
        (500, "unrecognized rollback option x"),
        (501, RPC.format("Unimplemented", "renaming services is not supported")),
        (400, RPC.format("FailedPrecondition", "service x does not have a previous spec")),
    ],
)
def test_a_final_refusal(status: int, message: str) -> None:
    error = build(status, message)
    assert error.__class__ is errors.DockerError
    assert not error.transient


def test_a_wrong_api_version_has_a_remedy() -> None:
    error = build(400, "client version 1.99 is too new. Maximum supported API version is 1.41")
    assert "api_version" in error.remedy


def test_plain_http_to_a_tls_port_has_a_remedy() -> None:
    error = build(400, "Client sent an HTTP request to an HTTPS server.")
    assert "TLS" in error.remedy


def test_an_answer_without_words_still_gives_a_sentence() -> None:
    assert "no reason given (status 500)" in build(500, "").message
