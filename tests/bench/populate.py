# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets s0, s1, ... in OpenBao and Swarm, shared out among services svc0, svc1, ..."""

from __future__ import annotations

import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)

from tests.e2e.support.world import vaulted

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
        SecretRequest,
    )

    from tests.e2e.support.world import World

# With a key a fingerprint is an HMAC; without one it is scrypt, at about 60 ms each.
HASH_KEY = SecretValue(b"the key of the benchmark")


def requests(count: int) -> list[SecretRequest]:
    """Return the requests for all secrets."""
    return [vaulted(f"s{i}", f"bench/s{i}", "password") for i in range(count)]


def populate(world: World, secrets: int, services: int, replicas: int = 0) -> None:
    """Write values, create versions, and services that refer to an equal share of them each."""
    for i in range(secrets):
        world.put(f"bench/s{i}", password=f"value-{i}")
    world.rotate(*requests(secrets), hash_key=HASH_KEY)
    share = secrets // services
    for i in range(services):
        names = [f"s{n}" for n in range(i * share, (i + 1) * share)]
        world.service(f"svc{i}", {n: f"{n}_v1" for n in names}, replicas=replicas, wait=False)
    if replicas:
        for i in range(services):
            world.wait_running(f"svc{i}")
