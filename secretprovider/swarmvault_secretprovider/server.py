# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves an application on a socket, with waitress.

Some things are ours, because waitress does not have them. Its number of threads is fixed, so that a
few requests whose Vault hangs would hold up all others: here there are more while all are busy. It
drops what is under way when it is stopped: here that is finished. And on its way a request passes
from one thread to another, and an answer leaves in two parts: to wake somebody up takes longer than
all of the work that is to be done then, so that here one thread does it all, and sends once.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import logging
import queue
import select
import socket
import threading
import time
import typing as t

from waitress import channel as waitress_channel
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
_LOG = logging.getLogger(__name__)


class Server:
    """Serves an application until it is stopped.

    :param application: what to serve; it is called by many threads.
    :param listening: where.
    """

    def __init__(self, application: Application, listening: socket.socket) -> None:
        # Signal handlers may put into this one, whatever they interrupt.
        self._ends: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._crew = _Crew(lambda: self._turn(_LOOP_SECONDS), self._ends.put)
        self._server: t.Any = waitress_server.create_server(
            application,
            # Its default would start a fixed number of threads.
            _dispatcher=self._crew,
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
        self._server.channel_class = _Channel

    def run(self) -> None:
        """Serve; returns once it was stopped and what was under way then is done."""
        self._crew.start()
        failure = self._ends.get()
        if failure is not None:
            raise failure
        with self._crew.relieved(self._server.pull_trigger):
            self._drain()

    def stop(self) -> None:
        """Have :meth:`run` come to its end; can be called by a signal handler."""
        self._ends.put(None)

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
            self._crew.serve_apart()

    def _is_busy(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(one.requests or one.request or one.total_outbufs_len for one in channels)


#: What waitress counts as connections besides: the listening socket, and its own pipe.
_OWN_ENTRIES = 2


class _Crew:
    """Threads that take turns: one waits for requests, and serves the first that comes.

    Then the next one waits. A thread is started if there is none, so that requests that wait for
    one Vault hold up neither those for another nor those for another path of the same one. There
    are never many more of them than connections.

    :param wait: waits for requests, and gives them to :meth:`add_task`.
    :param fail: told what has gone wrong with that.
    """

    def __init__(self, wait: t.Callable[[], None], fail: t.Callable[[Exception], None]) -> None:
        self._wait = wait
        self._fail = fail
        self._turn = threading.Lock()
        self._tasks: collections.deque[t.Any] = collections.deque()
        self._relieved = False
        self._counting = threading.Lock()
        #: How many wait, for their turn or for requests.
        self._idle = 0

    def start(self) -> None:
        """Begin to serve."""
        for _thread in range(THREADS):
            _start(self._serve_on)

    def add_task(self, task: t.Any) -> None:
        """Take a request that has arrived; waitress calls it."""
        self._tasks.append(task)

    @contextlib.contextmanager
    def relieved(self, wake: t.Callable[[], None]) -> t.Iterator[None]:
        """Take over from all that wait; who serves a request goes on with it.

        :param wake: ends the wait for requests.
        """
        self._relieved = True
        wake()
        with self._turn:
            yield

    def serve_apart(self) -> None:
        """Serve what has arrived in threads that end with it."""
        while self._tasks:
            _start(functools.partial(_serve, self._tasks.popleft()))

    def _serve_on(self) -> None:
        while self._is_needed():
            try:
                task = self._next()
            except Exception as error:  # noqa: BLE001  # told to whoever runs the server
                self._fail(error)
                return
            if task is None:
                return
            _serve(task)

    def _is_needed(self) -> bool:
        """Join those that wait, unless there are enough."""
        with self._counting:
            needed = self._idle < THREADS
            self._idle += needed
        return needed

    def _next(self) -> t.Any:
        """Return the next request; None: somebody else sees to the rest."""
        with self._turn:
            while not self._tasks:
                if self._relieved:
                    return None
                self._wait()
            task = self._tasks.popleft()
            with self._counting:
                self._idle -= 1
                nobody = not self._idle
            if nobody:
                # Without it this thread comes back itself.
                with contextlib.suppress(RuntimeError):
                    _start(self._serve_on)
        return task


def _serve(task: t.Any) -> None:
    try:
        task.service()
    except Exception:  # noqa: BLE001  # a mistake of waitress itself ends no thread
        _LOG.exception("A request could not be served")


def _start(work: t.Callable[[], None]) -> None:
    """Start a thread, with a small stack."""
    before = threading.stack_size(_STACK_BYTES)
    try:
        threading.Thread(target=work, name="serve", daemon=True).start()
    finally:
        threading.stack_size(before)


class _Task(waitress_task.WSGITask):  # type: ignore[misc]  # it has no types
    """Has its answer sent at once."""

    def write(self, data: bytes) -> None:
        """Send a part of an answer, the first with the header."""
        with self.channel.gathering():
            super().write(data)


class _Channel(waitress_channel.HTTPChannel):  # type: ignore[misc]  # it has no types
    """Sends an answer at once, rather than its header by itself."""

    task_class = _Task
    _gathered: list[bytes] | None = None

    @contextlib.contextmanager
    def gathering(self) -> t.Iterator[None]:
        """Keep what is to be sent until this is over."""
        self._gathered = []
        try:
            yield
        finally:
            whole, self._gathered = b"".join(self._gathered), None
            super().write_soon(whole)

    def write_soon(self, data: bytes) -> int:
        """Send a part of an answer, or keep it; waitress calls it."""
        if self._gathered is None:
            return t.cast("int", super().write_soon(data))
        self._gathered.append(data)
        return len(data)
