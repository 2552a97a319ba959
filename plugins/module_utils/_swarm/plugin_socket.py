# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking a plugin itself how it does, through its socket, where that is on this host."""

from __future__ import annotations

import http.client
import json
import socket
import typing as t
from dataclasses import dataclass
from pathlib import Path

if t.TYPE_CHECKING:
    from . import plugins

SOCKETS = "/run/docker/plugins"
_SECONDS = 5.0
_NOT_OURS = (PermissionError, FileNotFoundError)
_NO_HEALTH = 404
#: What it says of a Vault that it has not heard of (secretprovider, ``health.py``).
_NOT_ASKED = "not asked yet"


@dataclass(frozen=True)
class PluginAnswer:
    """What came of asking.

    :param answers: whether it did; None: its socket cannot be reached from here.
    :param problem: what is the matter with it, by its own word or since it is silent.
    :param is_starting: it has not heard of each Vault yet. It logs in to all when it starts.
    """

    answers: bool | None
    problem: str = ""
    is_starting: bool = False


def ask(docker_host: str, plugin: plugins.Plugin, folder: str = SOCKETS) -> PluginAnswer:
    """Ask a plugin for its health.

    :param docker_host: where its engine is: the socket is here only if that is a socket, too.
    """
    path = Path(folder) / plugin.id / plugin.config.socket
    if not docker_host.startswith(("unix://", "/")):
        return PluginAnswer(None)
    connection = _Connection(str(path))
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return _told(answer.status, answer.read())
    except _NOT_OURS:
        # Only root may look there, and an engine can have another folder for it.
        return PluginAnswer(None)
    except (OSError, http.client.HTTPException) as error:
        return PluginAnswer(answers=False, problem=f"{type(error).__name__} at {path}")
    finally:
        connection.close()


def _told(status: int, content: bytes) -> PluginAnswer:
    """Return what it says is wrong: nothing where it has no such word."""
    if status == _NO_HEALTH:
        return PluginAnswer(answers=True)
    try:
        told = json.loads(content)
        vaults = told.get("vaults") or {}
        problems = [
            f"Vault {name}: {problem}"
            for name, problem in vaults.items()
            if problem not in ("ok", _NOT_ASKED)
        ]
        rotation = (told.get("rotation") or {}).get("problem")
        problems += [f"rotation: {rotation}"] if rotation else []
    except (ValueError, AttributeError):
        failed = status >= http.client.BAD_REQUEST
        return PluginAnswer(
            answers=True, problem=f"it answers with status {status}" if failed else ""
        )
    return PluginAnswer(
        answers=True, problem="; ".join(problems), is_starting=_NOT_ASKED in vaults.values()
    )


class _Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("plugin", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)
