# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads docker-py without what only ssh needs.

Where paramiko is installed docker-py loads it, whatever an engine is reached by, and with it more
than docker-py has itself: a tenth of the time of a run that finds nothing to do.
"""

from __future__ import annotations

import contextlib
import sys
import typing as t


@contextlib.contextmanager
def without_paramiko() -> t.Iterator[None]:
    """Let docker-py, if it is first loaded within, find no paramiko. It then knows no ssh."""
    if "paramiko" in sys.modules or "docker" in sys.modules:
        yield
        return
    # What the import system takes for a module that is not there.
    sys.modules["paramiko"] = None  # type: ignore[assignment]  # the documented way, unknown to types
    try:
        yield
    finally:
        del sys.modules["paramiko"]


def load_ssh() -> None:
    """Let docker-py know ssh after all; without paramiko it says itself what is missing."""
    from docker import transport
    from docker.api import client

    if hasattr(client, "SSHHTTPAdapter"):
        return
    with contextlib.suppress(ImportError):
        from docker.transport import sshconn

        # Where it looks for it, once paramiko could be loaded (docker/api/client.py).
        for place in (transport, client):
            vars(place)["SSHHTTPAdapter"] = sshconn.SSHHTTPAdapter
