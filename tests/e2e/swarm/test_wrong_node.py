# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that cannot serve the Swarm says so, and where to go instead."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import (
    open_transport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import resolve

if t.TYPE_CHECKING:
    from testbed import Bed


def refusal(options: dict[str, t.Any]) -> errors.DockerError:
    with pytest.raises(errors.DockerError) as caught:
        SwarmClient(open_transport(resolve(options, {}))).secrets()
    return caught.value


def test_a_worker(bed: Bed) -> None:
    options = bed.docker_options(bed.nodes.index(bed.workers[0]))
    error = refusal(options)
    assert "is a worker of the swarm" in error.remedy
    assert options["docker_host"] in error.remedy
    assert not error.transient


def test_an_engine_outside_any_swarm(newest_bed: Bed) -> None:
    """The engine in which the bed's nodes are containers is in no Swarm, if it is the bed's own."""
    host = newest_bed.engine
    with contextlib.closing(host.client()) as client:
        if client.info()["Swarm"]["LocalNodeState"] != "inactive":
            pytest.skip("this machine's own engine is in a Swarm")
    error = refusal({"docker_host": host.url})
    assert "is not part of a swarm" in error.remedy
    assert host.url is None or host.url in error.remedy
    assert not error.transient
