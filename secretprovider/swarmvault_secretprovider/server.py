# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves an application on a socket, with waitress.

Two things are ours, because waitress does not have them. Its number of threads is fixed, so that a
few requests whose Vault hangs would hold up all others: here there are more while all are busy. And
it drops what is under way when it is stopped: here that is finished.
"""

from __future__ import annotations

import select
import socket
import threading
import time
import typing as t

from waitress import server as waitress_server
from waitress import task as waitress_task

if t.TYPE_CHECKING:
    from .app import Application

#: How many threads wait for work.
THREADS = 16
#: How many connections are served at a time; each can have a thread if it has to.
CONNECTIONS = 512
#: The longest request; the engine's have a few hundred bytes and the labels of a service.
BODY_BYTES = 1024 * 1024
#: Seconds that requests under way have to end in when the plugin is stopped.
DRAIN_SECONDS = 2.0
#: Enough for every request and answer, so that waitress writes none of them to a file.
_MEMORY_BYTES = 64 * 1024 * 1024
#: A thread here needs a fraction of the 8 MiB that it would have.
_STACK_BYTES = 512 * 1024
#: Seconds until a connection is closed on which nothing happens.
_IDLE_SECONDS = 60
_LOOP_SECONDS = 1.0


class Server:
    """Serves an application until it is stopped.

    :param application: what to serve; it is called by many threads.
    :param listening: where.
    """

    def __init__(self, application: Application, listening: socket.socket) -> None:
        self._stopped = threading.Event()
        self._dispatcher = _Dispatcher()
        self._server: t.Any = waitress_server.create_server(
            application,
            # Its default would start a fixed number of threads.
            _dispatcher=self._dispatcher,
            sockets=[listening],
            connection_limit=CONNECTIONS + _OWN_ENTRIES,
            # It refuses what is as long as this.
            max_request_body_size=BODY_BYTES + 1,
            inbuf_overflow=_MEMORY_BYTES,
            outbuf_overflow=_MEMORY_BYTES,
            channel_timeout=_IDLE_SECONDS,
            asyncore_use_poll=True,
            # A client that is gone is nobody's problem.
            log_socket_errors=False,
            ident="swarmvault",
        )
        self._dispatcher.set_thread_count(THREADS)

    def run(self) -> None:
        """Serve; returns once it was stopped and what was under way then is done."""
        while not self._stopped.is_set():
            self._turn(_LOOP_SECONDS)
        self._drain()

    def stop(self) -> None:
        """Have :meth:`run` come to its end; can be called by a signal handler."""
        self._stopped.set()
        self._server.pull_trigger()

    def _turn(self, seconds: float) -> None:
        loop, channels = self._server.asyncore.loop, self._server._map  # noqa: SLF001  # as its run()
        loop(timeout=seconds, use_poll=True, map=channels, count=1)

    def _drain(self) -> None:
        """Finish what is under way.

        What does not end in time is cut off rather than answered: the engine then asks again, for
        up to 30 s, by when a plugin that is being replaced is back (moby ``pkg/plugins/client.go``,
        ``callWithRetry``). An ``Err`` would fail the task.
        """
        server = self._server
        # Who has connected already counts as under way.
        while select.select([server.socket], [], [], 0)[0]:
            server.handle_accept()
        server.accepting = False
        server.del_channel()
        server.socket.close()
        end = time.monotonic() + DRAIN_SECONDS
        while self._is_busy() and time.monotonic() < end:
            self._turn(0.05)

    def _is_busy(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(one.requests or one.request or one.total_outbufs_len for one in channels)


#: What waitress counts as connections besides: the listening socket, and its own pipe.
_OWN_ENTRIES = 2


class _Dispatcher(waitress_task.ThreadedTaskDispatcher):  # type: ignore[misc]  # it has no types
    """Starts a thread for a request that all others are too busy for, as long as it lasts.

    Requests that wait for one Vault must not hold up those for another, or for another path of the
    same one. There are never more of them than connections.
    """

    def add_task(self, task: t.Any) -> None:
        """Have a thread serve a request, now."""
        with self.lock:
            self.queue.append(task)
            self.queue_cv.notify()
            idle = len(self.threads) - self.active_count
            missing = len(self.queue) - idle
            wanted = len(self.threads) + missing
        if missing > 0:
            self.set_thread_count(min(wanted, CONNECTIONS))

    def start_new_thread(self, target: t.Callable[[int], None], thread_no: int) -> None:
        """Start a thread, with a small stack."""
        before = threading.stack_size(_STACK_BYTES)
        try:
            super().start_new_thread(target, thread_no)
        finally:
            threading.stack_size(before)

    def handler_thread(self, thread_no: int) -> None:
        """Serve requests; a thread beyond the usual number ends when there is none for it."""
        while True:
            with self.lock:
                while not self.queue:
                    if len(self.threads) > THREADS:
                        self.active_count -= 1
                        self.threads.discard(thread_no)
                        self.thread_exit_cv.notify()
                        return
                    self.active_count -= 1
                    self.queue_cv.wait()
                    self.active_count += 1
                task = self.queue.popleft()
            try:
                task.service()
            except Exception:
                self.logger.exception("A request could not be served")
