# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address ranges for the networks of an own engine."""

from __future__ import annotations

import ipaddress
import itertools
import json

from testbed.errors import BedError
from testbed.system import run

#: Reserved for benchmarks (RFC 2544), so neither among Docker's defaults nor anybody's network;
#: where a machine routes all of it elsewhere (some VPN clients do), the second is used. The other
#: half of that reservation is swarm.POOL.
POOLS = ("198.18.0.0/16", "10.213.0.0/16")


def free_subnet(prefix: int) -> ipaddress.IPv4Network:
    """Find a range that this machine has no route into.

    :param prefix: its length; wide ones (up to /24) begin at the start of a pool, narrow ones at
        the end, so that they do not cut each other up.
    """
    routes = json.loads(run(["ip", "-json", "-4", "route", "show"]) or "[]")
    taken = [ipaddress.IPv4Network(route["dst"]) for route in routes if route["dst"] != "default"]
    for pool in POOLS:
        blocks = list(ipaddress.IPv4Network(pool).subnets(new_prefix=24))
        ordered = blocks if prefix <= 24 else reversed(blocks)
        subnets = (block.subnets(new_prefix=prefix) for block in ordered)
        for subnet in itertools.chain.from_iterable(subnets):
            if not any(subnet.overlaps(other) for other in taken):
                return subnet
    raise BedError(
        f"no address range is left for a testbed: all of {' and '.join(POOLS)} is routed"
    )
