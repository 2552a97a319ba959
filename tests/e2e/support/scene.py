# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One copy of a scenario with names of its own, so that many copies live side by side."""

from __future__ import annotations

import concurrent.futures
import contextlib
import traceback
import typing as t

from testbed.waiting import wait_for
from tests.e2e.support.calls import Moment, Recorder
from tests.e2e.support.jobs import Job, Process, Where, perform
from tests.e2e.support.world import DEADLINE, World, digest, shown_in

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

    from testbed import Bed

#: Copies at a time: they mostly wait for the engines.
SIDE_BY_SIDE = 6


class Scene:
    """A corner of the Swarm and of OpenBao; all names in it begin with ``prefix``."""

    def __init__(self, world: World, prefix: str) -> None:
        self.world = world
        self.prefix = prefix
        #: Reports of the runs so far, and their calls that were carried out.
        self.history: list[str] = []
        #: What the scenario wants to remember.
        self.notes: dict[str, t.Any] = {}

    def name(self, plain: str) -> str:
        """Return the name of a secret, service or path in this scene."""
        return f"{self.prefix}-{plain}"

    # -- runs ---------------------------------------------------------------------------------

    def run(self, job: Job, manager: int, at: Callable[[Moment], None] | None = None) -> Seen:
        """Carry a job out in this process."""
        recorder = Recorder(at) if at else Recorder()
        try:
            report = perform(job, Where.of(self.world.bed, manager), recorder)
        except Exception as error:
            self.history.append(f"run on manager {manager}: {error!r}")
            raise
        seen = Seen(report, recorder)
        self.history.append(f"run on manager {manager}: {report}, {seen.writes}")
        return seen

    def process(self, job: Job, manager: int, kill: Moment | None = None) -> Process:
        """Start a process that carries a job out."""
        return Process(job, Where.of(self.world.bed, manager), kill)

    # -- looks --------------------------------------------------------------------------------

    def versions(self, plain: str) -> dict[str, dict[str, str]]:
        """Return the labels of the versions of a logical secret, by ``v<N>``, oldest first."""
        wanted = self.name(plain)
        found = {
            int(labels["swarmvault.version"]): labels
            for labels in self.world.secrets().values()
            if labels.get("swarmvault.name") == wanted
        }
        return {f"v{number}": found[number] for number in sorted(found)}

    def statuses(self, plain: str) -> dict[str, str]:
        """Return the status of each version of a logical secret."""
        return {
            version: labels["swarmvault.status"] for version, labels in self.versions(plain).items()
        }

    def previous_references(self, service: str) -> list[dict[str, t.Any]]:
        """Return the references of the spec that the engine would roll a service back to."""
        spec = self.world.inspect(self.name(service)).get("PreviousSpec") or {}
        container = spec.get("TaskTemplate", {}).get("ContainerSpec", {})
        return list(container.get("Secrets") or ())

    def runs(self, service: str, **values: str) -> dict[str, str]:
        """Check that every task of a consumer runs, with these values; return its references.

        What is only just starting is waited for, and what runs must then be right at once.

        :param values: plain name of a logical secret -> the value its file must hold.
        """
        service = self.name(service)
        tasks = self.world.settled_tasks(service)
        references = self.world.references(service)
        found = self.world.inspect(service)
        wanted = {
            entry["SecretID"] for entry in found["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
        }
        assert len(tasks) == found["Spec"]["Mode"]["Replicated"]["Replicas"], f"{tasks}"
        for task in tasks:
            entries = task["Spec"]["ContainerSpec"]["Secrets"]
            assert {entry["SecretID"] for entry in entries} == wanted, f"{entries}"
            for plain, value in values.items():
                shown = self._shown(task, self.name(plain))
                assert shown == digest(value), f"{service} has another {plain}: {references}"
        return {
            target.removeprefix(f"{self.prefix}-"): name.removeprefix(f"{self.prefix}-")
            for target, name in references.items()
        }

    def _shown(self, task: dict[str, t.Any], target: str) -> str:
        hostname = self.world.client.inspect_node(task["NodeID"])["Description"]["Hostname"]
        container = task["Status"]["ContainerStatus"]["ContainerID"]
        with contextlib.closing(self.world.bed.client(hostname)) as client:
            return wait_for(
                f"{container} to show {target}",
                lambda: shown_in(client, container, target),
                timeout=DEADLINE,
            )

    def clear(self) -> None:
        """Remove all of it."""
        for service in self.world.client.services():
            if service["Spec"]["Name"].startswith(f"{self.prefix}-"):
                self.world.client.remove_service(service["ID"])
        for name in self.world.names():
            if name.startswith(f"{self.prefix}-"):
                self.world.client.remove_secret(name)


class Seen(t.NamedTuple):
    """A run and its calls."""

    report: Report
    recorder: Recorder

    @property
    def writes(self) -> list[str]:
        """The calls that may have changed the Swarm."""
        return [call.kind for call in self.recorder.calls if call.writes]


@contextlib.contextmanager
def scene(bed: Bed, prefix: str) -> Iterator[Scene]:
    """Make a scene; what a failed test leaves of it in the Swarm can be looked at."""
    with contextlib.closing(bed.client()) as client:
        made = Scene(World(bed=bed, client=client, vault=bed.vault), prefix)
        try:
            yield made
            made.clear()
        except BaseException as error:
            error.add_note("\n".join(made.history))
            raise
        finally:
            made.world.forget()


_Point = t.TypeVar("_Point")


def at_each(points: Sequence[_Point], play: Callable[[str, _Point], None]) -> None:
    """Play a scenario for each point, several at a time, and tell all at which it went wrong.

    :param play: takes the prefix of the scene it is to use, and the point.
    """
    assert points, "there is no such moment"
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        plays = [pool.submit(play, f"p{i:03d}", point) for i, point in enumerate(points)]
        concurrent.futures.wait(plays)
    wrong = [
        f"--- {point}\n{''.join(traceback.format_exception(error)[-5:])}"
        for point, done in zip(points, plays, strict=True)
        if (error := done.exception())
    ]
    assert not wrong, f"{len(wrong)} of {len(points)} went wrong\n" + "\n".join(wrong)
