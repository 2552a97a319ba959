# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotates from within the plugin: the core's own run, time and again, on the leader alone.

Every manager's plugin looks every few seconds whether its node leads. The one that does rotates
when it begins to, so that it completes what another has left, and then at each interval. Chance is
added to both, so that neither managers nor clusters act in step.

Nothing ends the thread but :meth:`Rotation.stop`: no engine that does not answer yet, no Vault that
is away, and no error that nobody foresaw.
"""

from __future__ import annotations

import random
import threading
import time
import typing as t
from datetime import datetime, timezone

from swarmvault_core._common import errors
from swarmvault_core._rotation.rotate import rotate
from swarmvault_core._swarm import client
from swarmvault_core._swarm import settings as engine_settings

from . import leadership, rotation_rules, rotation_status
from .rotation_reader import LazyReader

if t.TYPE_CHECKING:
    from swarmvault_core._swarm.transport import Transport

    from .rotation_status import Log, Status
    from .settings import Connection, Settings

#: Seconds between two looks whether this node leads.
LOOK_EVERY = 5.0
#: Seconds between two such looks while a rotation is under way.
LOOK_IN_RUN_EVERY = 1.0
#: Seconds until a rotation that was cut short is taken up again, at most.
TAKE_UP_AFTER = 15.0
#: Seconds until the next look after an error that nobody foresaw: it may come again.
AFTER_A_FAULT = 60.0
#: Chance makes the time until a rotation longer by up to this part of it.
SPREAD = 0.1
#: Seconds that chance lets a new leader wait, at most.
LONGEST_START = 10.0
#: Seconds that one call to the engine may take: it gives up its own search for a leader after 20.
_ENGINE_TIMEOUT = 30


def open_engine() -> Transport:
    """Return the way to the engine through its socket, where the plugin has it mounted.

    :raises SwarmVaultError: there is none.
    """
    # Docker's library takes megabytes, which a plugin that does not rotate can do without.
    from swarmvault_core._swarm import connect

    return connect.open_transport(engine_settings.DockerOptions(timeout=_ENGINE_TIMEOUT))


class Time(t.Protocol):
    """What the rotation asks about time."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only ever count up."""

    def wait(self, seconds: float) -> None:
        """Let time pass, less of it where the end comes meanwhile."""

    def ended(self) -> bool:
        """Tell whether the rotation is to end."""

    def end(self) -> None:
        """Let it end."""


class _SystemTime:
    """The machine's own time."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def now(self) -> datetime:
        """See :meth:`Time.now`."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """See :meth:`Time.monotonic`."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """See :meth:`Time.wait`."""
        self._ended.wait(seconds)

    def ended(self) -> bool:
        """See :meth:`Time.ended`."""
        return self._ended.is_set()

    def end(self) -> None:
        """See :meth:`Time.end`."""
        self._ended.set()


class RunClock:
    """The core's clock for one rotation: it is cancelled where the leadership ends.

    :param leads: asked now and then whether the node still leads.
    """

    def __init__(self, system: Time, leads: t.Callable[[], bool]) -> None:
        self._time = system
        self._leads = leads
        self._looked = system.monotonic()
        self._lost = False

    def now(self) -> datetime:
        """See ``Clock.now`` of the core."""
        return self._time.now()

    def monotonic(self) -> float:
        """See ``Clock.monotonic`` of the core."""
        return self._time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See ``Clock.sleep`` of the core."""
        self._time.wait(seconds)

    def left(self) -> float | None:
        """See ``Clock.left`` of the core: a rollout has its own deadline."""
        return None

    def cancelled(self) -> bool:
        """See ``Clock.cancelled`` of the core. What was lost stays lost for this rotation."""
        if self._time.ended() or self._lost:
            return True
        if self._time.monotonic() - self._looked >= LOOK_IN_RUN_EVERY:
            self._look()
        return self._lost

    def was_cut_short(self) -> bool:
        """Tell whether what went wrong may have done so since the node does not lead any more."""
        self._look()
        return self.cancelled()

    def _look(self) -> None:
        self._lost = self._lost or not self._leads()
        self._looked = self._time.monotonic()


class Rotation:
    """Keeps secrets in step with Vault, in a thread of its own.

    :param settings: of the plugin; ``rotation.interval`` and the connections count here.
    :param log: where it tells what it did.
    :param engine: opens the way to the engine; whatever it raises is tried again later.
    :param system: time.
    :param chance: gives a number from 0 to below 1.
    """

    def __init__(
        self,
        settings: Settings,
        log: Log,
        *,
        engine: t.Callable[[], Transport] = open_engine,
        system: Time | None = None,
        chance: t.Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._log = log
        self._open_engine = engine
        self._time = system or _SystemTime()
        self._chance = chance
        self._thread: threading.Thread | None = None
        self._engine: Transport | None = None
        self._node: leadership.OwnNode | None = None
        self._due: float | None = None
        self._told = ""
        self._keeper = rotation_status.StatusKeeper()
        self._teller = rotation_status.Teller(log)

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive."""
        self._thread = threading.Thread(target=self.run, name="rotation", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End, between two steps of a rotation that is under way.

        :param timeout: how many seconds to wait for that.
        :returns: whether it has ended. What is left undone, the next leader does.
        """
        self._time.end()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def status(self) -> Status:
        """Return what is known, for metrics and health."""
        return self._keeper.status()

    def run(self) -> None:
        """Look and rotate until told to end: what the thread does."""
        while not self._time.ended():
            try:
                pause = self._turn()
            except Exception as error:  # noqa: BLE001  # nobody would rotate any more
                pause = AFTER_A_FAULT
                self._keeper.change(running=False)
                self._log.error("rotation: an error that nobody foresaw", exc_info=error)
                self._node = None
            self._time.wait(pause)

    def _turn(self) -> float:
        """Rotate if it is this node's turn; return for how many seconds to wait now."""
        interval = self._settings.rotation.interval
        found = self._look()
        self._tell_leadership(found)
        if not found.leads:
            self._due = None
            return min(LOOK_EVERY, interval)
        now = self._time.monotonic()
        if self._due is None:
            self._due = now + self._chance() * min(LONGEST_START, SPREAD * interval)
        if now >= self._due:
            pause = interval if self._rotate() else min(interval, TAKE_UP_AFTER)
            self._due = self._time.monotonic() + pause * (1 + self._chance() * SPREAD)
        return min(LOOK_EVERY, max(0.0, self._due - self._time.monotonic()))

    # -- who leads ----------------------------------------------------------------------------

    def _look(self) -> leadership.Leadership:
        try:
            if self._node is None:
                self._engine = self._open_engine()
                self._node = leadership.OwnNode(self._engine)
        except errors.SwarmVaultError as error:
            return leadership.Leadership(leads=None, reason=str(error))
        found = self._node.leadership()
        if found.leads is None:
            self._node = None  # another engine may answer next, such as a newer one
        return found

    def _tell_leadership(self, found: leadership.Leadership) -> None:
        self._keeper.change(leads=found.leads)
        if not found.leads:
            self._keeper.change(secrets={})
        # A reason may have a time in it, or a number that counts up.
        known = f"{found.leads} {found.reason if found.leads is False else ''}"
        if known == self._told:
            return
        self._told = known
        if found.leads:
            self._log.info(
                "rotation: this node leads and rotates", interval=self._settings.rotation.interval
            )
        elif found.leads is None:
            self._log.warning("rotation: waits for the engine", reason=found.reason)
        else:
            self._log.info("rotation: left to the leader", reason=found.reason)

    # -- rotating -----------------------------------------------------------------------------

    def _rotate(self) -> bool:
        """Rotate the secrets of each Vault; tell whether that was not cut short."""
        if self._engine is None or self._node is None:
            return False
        clock = RunClock(self._time, self._node.still_leads)
        swarm = client.SwarmClient(self._engine)
        self._keeper.change(running=True)
        secrets: dict[str, str] = {}
        problems: list[str] = []
        for connection in self._settings.connections.values():
            if clock.cancelled():
                break
            problem = self._rotate_one(connection, swarm, clock, secrets)
            if problem:
                problems.append(problem)
        if clock.was_cut_short() if problems else clock.cancelled():
            self._log.warning("rotation: ended early; the leader completes it")
            self._keeper.change(running=False)
            return False
        self._keeper.change(secrets=secrets)
        problem = " ".join(dict.fromkeys(problems))
        self._keeper.ended(self._time.now().timestamp(), problem)
        return True

    def _rotate_one(
        self,
        connection: Connection,
        swarm: client.SwarmClient,
        clock: RunClock,
        secrets: dict[str, str],
    ) -> str:
        """Rotate the secrets of one Vault; return what went wrong, empty where nothing did."""
        began = self._time.monotonic()
        try:
            options = rotation_rules.options_for(connection, self._settings)
            with LazyReader(connection, self._settings.max_parallel) as reader:
                report = rotate([], options, swarm, reader, clock=clock)
        except errors.SwarmVaultError as error:
            self._log.error("rotation: failed", vault=connection.name, reason=str(error))
            return str(error)
        except Exception as error:  # noqa: BLE001  # the secrets of other Vaults are not to blame
            self._log.error(
                "rotation: an error that nobody foresaw", vault=connection.name, exc_info=error
            )
            return f"The secrets of {connection.name} met an error that nobody foresaw."
        self._teller.tell(connection.name, report, self._time.monotonic() - began)
        secrets.update({one.name: one.action for one in report.secrets})
        return rotation_status.problem_of(report)
