# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP over a unix socket, as a Vault agent or proxy on the same host may listen on."""

from __future__ import annotations

import socket
import typing as t

try:
    from urllib3 import HTTPConnectionPool
    from urllib3.connection import HTTPConnection
    from urllib3.exceptions import NewConnectionError
except ImportError:  # transport.py says so, with the remedy
    # Lets the classes be defined.
    HTTPConnectionPool = HTTPConnection = object  # type: ignore[assignment,misc]  # stand-ins


class _Connection(HTTPConnection):
    """Connects to a path rather than to a host, which is left to the header ``Host``."""

    socket_path: str

    def _new_conn(self) -> socket.socket:
        """Connect; the one method of ``urllib3`` that does, in all of its releases.

        :raises NewConnectionError: nobody listens there, or this user may not connect.
        """
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connected.settimeout(t.cast("float", self.timeout))
            connected.connect(self.socket_path)
        except OSError as error:
            connected.close()
            raise NewConnectionError(self, "no connection to the socket") from error
        return connected


def pool_class(path: str) -> type[HTTPConnectionPool]:
    """Return the kind of pool whose connections all go to this socket."""
    connection = type("_SocketConnection", (_Connection,), {"socket_path": path})
    return type("_SocketPool", (HTTPConnectionPool,), {"ConnectionCls": connection})
