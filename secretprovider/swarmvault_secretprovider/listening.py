# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens the sockets that the plugin serves.

Apart from what serves them, since that takes long to load: the engine looks for a plugin's socket
0.5, 3.5, 6.5 and 9.5 s after the start and then gives up (moby, ``plugin/manager_linux.go``,
pluginPostStart), and a busy machine needs that long for the libraries.
"""

from __future__ import annotations

import contextlib
import os
import socket
import typing as t
from pathlib import Path

from swarmvault_core._common import errors

from . import environment

#: What ``interface`` in ``config.json`` names, where the engine wants it.
SOCKET = "/run/docker/plugins/secretprovider.sock"


def listen_early(path: str, environ: t.Mapping[str, str]) -> socket.socket | None:
    """Return the engine's socket, or None where what follows will fail, and tell why.

    A plugin with wrong settings must not seem to be enabled.

    :param path: where the engine connects.
    :param environ: environment variables.
    """
    with contextlib.suppress(errors.SwarmVaultError, OSError):
        environment.load(environ)
        return listen_on_socket(path)
    return None


def listen_on_socket(path: str, mode: int = 0o600) -> socket.socket:
    """Return a listening unix socket in place of whatever an earlier process left there.

    :param mode: who may connect.
    :raises OSError: that is not possible.
    """
    with contextlib.suppress(FileNotFoundError):
        Path(path).unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)
    try:
        listening.bind(path)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    listening.listen(1024)
    return listening


def listen_at_address(host: str, port: int) -> socket.socket:
    """Return a listening TCP socket.

    :raises OSError: that is not possible.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    listening.listen()
    return listening
