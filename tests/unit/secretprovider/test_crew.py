# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that take turns in waiting for requests, where something goes wrong."""

from __future__ import annotations

import queue
import socket
import threading
import typing as t
from pathlib import Path

import pytest
from swarmvault_secretprovider import server

PATIENCE = 30.0


class Task:
    """A request; tells who has served it."""

    def __init__(self, served: queue.SimpleQueue[str], problem: Exception | None = None) -> None:
        self._served = served
        self._problem = problem

    def service(self) -> None:
        self._served.put(threading.current_thread().name)
        if self._problem is not None:
            raise self._problem


class Arrivals:
    """Gives a crew the requests that arrive, as waitress does."""

    def __init__(self) -> None:
        self.crew: t.Any = None
        self.waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()

    def wait(self) -> None:
        task = self.waiting.get()
        if task is not None:
            self.crew.add_task(task)


def crew_of(arrivals: Arrivals, failures: list[Exception]) -> t.Any:
    arrivals.crew = server._Crew(arrivals.wait, failures.append)
    return arrivals.crew


def test_whoever_cannot_be_relieved_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "THREADS", 1)
    arrivals, served = Arrivals(), queue.SimpleQueue[str]()
    crew_of(arrivals, []).start()

    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(server, "_start", refused)
    for problem in (None, OSError("of waitress"), None):
        arrivals.waiting.put(Task(served, problem))
        assert served.get(timeout=PATIENCE)


def test_who_takes_over_serves_what_arrives_in_other_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "THREADS", 2)
    arrivals, served = Arrivals(), queue.SimpleQueue[str]()
    crew = crew_of(arrivals, [])
    crew.start()
    with crew.relieved(lambda: arrivals.waiting.put(None)):
        crew.add_task(Task(served))
        crew.serve_apart()
        assert served.get(timeout=PATIENCE) != threading.current_thread().name


def test_a_server_that_can_wait_no_more_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no more")

    monkeypatch.setattr(server.Server, "_turn", broken)
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("plugin.sock")
        listening.listen()
        one = server.Server(lambda *_: [], listening)
        with pytest.raises(OSError, match="no more"):
            one.run()
