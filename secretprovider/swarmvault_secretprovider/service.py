# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the plugin together, runs it, and ends it."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import signal
import sys
import threading
import typing as t

from swarmvault_core._common import errors

from . import app, environment, health, listening, metrics, privileges, rotation, server
from . import log as plugin_log
from .settings import LogSettings

if t.TYPE_CHECKING:
    import socket
    from types import FrameType

    from .settings import Settings

_NOBODY_FORESAW = 1
_WRONG_SETTINGS = 2
_CANNOT_LISTEN = 3
#: The engine kills a plugin that takes more than 10 s to end.
_CLOSE_SECONDS = 2.0

#: Makes the source of values; does not ask Vault for anything yet.
Factory = t.Callable[["Settings", plugin_log.Log], app.SecretSource]


def main(
    socket_path: str,
    make_source: Factory,
    environ: t.Mapping[str, str],
    opened: socket.socket | None = None,
) -> t.NoReturn:
    """Run the plugin until it is told to end; never returns.

    :param socket_path: where the engine connects.
    :param make_source: makes the source of values, once the plugin has no rights left.
    :param environ: environment variables.
    :param opened: the socket, if it was opened already.
    """
    log = plugin_log.configure(LogSettings())
    try:
        settings = environment.load(environ)
        log = plugin_log.configure(settings.log)
        status, reason = _run(settings, socket_path, make_source, log, opened), ""
    except errors.SwarmVaultError as error:
        status, reason = _WRONG_SETTINGS, str(error)
    except OSError as error:
        status, reason = _CANNOT_LISTEN, str(error)
    except Exception as error:  # noqa: BLE001  # its text may be anything
        status, reason = _NOBODY_FORESAW, plugin_log.where(error)
    if reason:
        log.error("the plugin cannot start", reason=reason)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # nobody reads it any more
            stream.flush()
    # Threads that still wait for Vault must not hold up the end, nor say anything any more.
    os._exit(status)


def _run(
    settings: Settings,
    socket_path: str,
    make_source: Factory,
    log: plugin_log.Log,
    opened: socket.socket | None,
) -> int:
    # Whoever ends the plugin while it starts is obeyed as well.
    ended = threading.Event()
    stop: list[t.Callable[[], object]] = [ended.set]

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        for one in stop:
            one()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    # Sockets first: to open them takes rights, and the engine does not wait long for its own.
    engines = opened or listening.listen_on_socket(socket_path)
    watched = _listen_for_watchers(settings.observe)
    docker = environment.DOCKER_SOCKETS if settings.rotation.enabled else ()
    warnings = [*settings.warnings, *privileges.drop(_user(settings), docker)]
    rotating = rotation.Rotation(settings, log) if settings.rotation.enabled else None
    state = health.Health(settings.connections, rotating.status if rotating else None)
    counted = metrics.Metrics(state)
    source = make_source(settings, log)
    application = app.App(source, log, state, counted)
    serving = server.Server(application.plugin, engines)
    stop.append(serving.stop)
    if watched is not None:
        _start("observe", server.Server(application.observed, watched).run)
    _tell(settings, socket_path, warnings, log)
    for name in settings.connections:
        _start("login", functools.partial(_log_in, name, source, state, log))
    if rotating is not None:
        rotating.start()
        # A rotation that is under way ends while requests do.
        stop.append(lambda: rotating.stop(0))
    # What is there by now stays: looking for garbage among it would hold requests up.
    gc.freeze()
    if not ended.is_set():
        serving.run()
    if rotating is not None:
        rotating.stop(_CLOSE_SECONDS)
    _close(source)
    log.info("stopped")
    return 0


def _close(source: app.SecretSource) -> None:
    """Give back the tokens, unless Vault is too slow for it."""
    _start("close", source.close).join(_CLOSE_SECONDS)


def _user(settings: Settings) -> tuple[int, int]:
    return settings.user or (os.geteuid(), os.getegid())


def _listen_for_watchers(where: str | None) -> t.Any:
    if where is None:
        return None
    if where.startswith("/"):
        return listening.listen_on_socket(where)
    host, _colon, port = where.rpartition(":")
    return listening.listen_at_address(host.strip("[]"), int(port))


def _start(name: str, work: t.Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def _log_in(
    connection: str, source: app.SecretSource, state: health.Health, log: plugin_log.Log
) -> None:
    """Log in before the first request has to, so that the log soon tells what is wrong."""
    try:
        source.log_in(connection)
    except errors.SwarmVaultError as error:
        state.vault_failed(connection, str(error))
        log.warning("cannot log in to Vault yet", vault=connection, reason=str(error))
    else:
        state.vault_answered(connection)


def _tell(
    settings: Settings, socket_path: str, warnings: t.Iterable[str], log: plugin_log.Log
) -> None:
    for warning in warnings:
        log.warning("please look at this", reason=warning)
    log.info(
        "started",
        socket=socket_path,
        vaults=",".join(sorted(settings.connections)),
        rotation=settings.rotation.enabled,
        user=os.geteuid(),
        metrics=settings.observe or "off",
    )
