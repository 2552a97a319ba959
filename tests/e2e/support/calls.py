# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every call of one run to the engine and to Vault, counted, with a hook around each."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import threading
import typing as t
from collections import Counter

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
        Transport,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.transport import (
        Answer,
        Request,
    )

BEFORE, AFTER = "before", "after"
#: Asked for again and again while a run waits: how often differs from run to run.
POLLED = ("GET /services", "GET /tasks")
_IDENTIFIER = re.compile(r"^/(secrets|services|tasks)/[a-z0-9]{20,}")

_T = t.TypeVar("_T")


@dataclasses.dataclass(frozen=True)
class Moment:
    """Before or after the n-th call of a kind, counted from 1."""

    when: str
    kind: str
    nth: int

    def __str__(self) -> str:
        return f"{self.when} {self.kind} #{self.nth}"


@dataclasses.dataclass(frozen=True)
class Call:
    """One call that was about to be made.

    :param subject: ID of the secret or service it was about, where there is one.
    :param secrets: names of the Swarm secrets in the spec that was sent.
    """

    kind: str
    subject: str = ""
    secrets: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it may have changed the Swarm."""
        return not self.kind.startswith(("GET", "vault"))


class Recorder:
    """Notes each call, then does what the test wants before and after it.

    :param at: called at every moment, in the thread that makes the call.
    :param note: called with each call, before anything else.
    """

    def __init__(
        self,
        at: Callable[[Moment], None] = lambda _moment: None,
        note: Callable[[Call], None] = lambda _call: None,
    ) -> None:
        self.calls: list[Call] = []
        #: Those that were answered without an error.
        self.answered: list[Call] = []
        self._at = at
        self._note = note
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def around(self, call: Call, send: Callable[[], _T]) -> _T:
        """Make the call."""
        with self._lock:
            self.calls.append(call)
            self._counts[call.kind] += 1
            nth = self._counts[call.kind]
            self._note(call)
        self._at(Moment(BEFORE, call.kind, nth))
        try:
            answer = send()
            self.answered.append(call)
            return answer
        finally:
            self._at(Moment(AFTER, call.kind, nth))

    def engine(self, inner: Transport) -> Transport:
        """Wrap the transport to the engine."""
        return _Engine(self, inner)

    def vault(self, request: Request, send: Callable[[], Answer]) -> Answer:
        """Stand around a request to Vault, as the hook of its client."""
        place = "/".join(request.path.split("/")[:2])
        return self.around(Call(f"vault {request.method} {place}"), send)


@dataclasses.dataclass(frozen=True)
class _Engine:
    recorder: Recorder
    inner: Transport

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, t.Any] | None = None,
        body: t.Any = None,
    ) -> t.Any:
        """Pass the call on."""
        call = _engine_call(method, path, params or {}, body)
        return self.recorder.around(call, lambda: self.inner.call(method, path, params, body))


def _engine_call(method: str, path: str, params: Mapping[str, t.Any], body: t.Any) -> Call:
    kind = f"{method} " + _IDENTIFIER.sub(r"/\1/ID", path)
    if "rollback" in params:
        kind += "?rollback"
    found = _IDENTIFIER.match(path)
    subject = found.group(0).rsplit("/", 1)[-1] if found else ""
    secrets: tuple[str, ...] = ()
    if isinstance(body, dict) and "TaskTemplate" in body:
        entries = body["TaskTemplate"].get("ContainerSpec", {}).get("Secrets") or ()
        secrets = tuple(entry["SecretName"] for entry in entries)
    return Call(kind, subject, secrets)


def moments(calls: Sequence[Call]) -> list[Moment]:
    """Choose the moments at which a run like this one is to be disturbed.

    Before and after every write (after one is before the next where no read lies between them),
    and before the first and a middle one of each kind of read: all that differs between two reads
    is time. ``SWARMVAULT_MOMENTS=every`` takes every single call, and any other text the moments
    that it is a part of.
    """
    wanted = os.environ.get("SWARMVAULT_MOMENTS", "")
    every = wanted == "every"
    found = dict.fromkeys(_moments(calls, every=every))
    return [moment for moment in found if every or wanted in str(moment)]


def _moments(calls: Sequence[Call], *, every: bool) -> Iterable[Moment]:
    totals = Counter(call.kind for call in calls)
    seen: Counter[str] = Counter()
    for call, following in itertools.zip_longest(calls, calls[1:]):
        seen[call.kind] += 1
        nth = seen[call.kind]
        if every or call.writes or nth in {1, (totals[call.kind] + 1) // 2}:
            yield Moment(BEFORE, call.kind, nth)
        if every or (call.writes and not (following and following.writes)):
            yield Moment(AFTER, call.kind, nth)
