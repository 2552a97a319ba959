# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's schedule on real managers: timers of systemd, cron, and the change to the plugin."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._schedule import textfile
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._schedule.record import Record

from testbed.busybox import static_busybox
from testbed.parallel import each
from testbed.waiting import wait_for
from tests.e2e.role.conftest import _stage, world_of
from tests.e2e.role.wheels import download
from tests.e2e.support.canary import Canaries
from tests.e2e.support.world import DEADLINE, World, digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed, Node
    from tests.e2e.role.playing import Stage

TEXTFILE = f"/var/lib/node_exporter/{textfile.NAME}"
SERVICE = "swarmvault-rotate.service"
TIMER = "swarmvault-rotate.timer"
UNITS = (TIMER, SERVICE)
CRON = "/etc/cron.d/swarmvault-rotate"
#: The timer runs once a minute, and a run takes its time where many others do.
SOON = 180.0


@pytest.fixture(scope="module")
def timers(
    oldest_bed: Bed, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[Stage]:
    """A timer on each manager; that a second run of the role changes nothing is shown by it."""
    with no_schedule(oldest_bed):
        for stage in _stage(oldest_bed):
            yield from _with_timers(stage, archive, tmp_path_factory.mktemp("wheels"))


def _with_timers(stage: Stage, archive: Path, wheels: Path) -> t.Iterator[Stage]:
    stage.variables["secretprovider_source"] = str(archive)
    stage.variables["secretprovider_wheels"] = str(download(stage.bed.managers[0], wheels))
    stage.molecule("timer")
    yield stage


@contextlib.contextmanager
def no_schedule(bed: Bed) -> t.Iterator[None]:
    """Leave none behind, whatever happens: it would rotate what other tests make."""
    try:
        yield
    finally:
        for node in bed.managers:
            if node.systemd:
                node.exec(["systemctl", "disable", "--now", *UNITS], check=False)
            units = [f"/etc/systemd/system/{unit}" for unit in UNITS]
            node.exec(["rm", "-rf", "/etc/swarmvault", "/var/lib/node_exporter", CRON, *units])


@pytest.fixture
def world(timers: Stage) -> t.Iterator[World]:
    """The Swarm with these timers, as the test before has left it."""
    with world_of(timers.bed) as world:
        yield world


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    """What must show up nowhere."""
    return Canaries()


def text_of(node: Node, path: str) -> str:
    """Return what is in a file, where something is: what a quick program says may get lost."""
    return wait_for(
        f"{path} of {node.name}",
        lambda: node.exec(["cat", path], check=False).stdout,
        timeout=DEADLINE,
    )


def metrics(node: Node) -> Record:
    return textfile.read(text_of(node, TEXTFILE))


def leader(bed: Bed) -> Node:
    """Return the manager whose last run found itself to lead, once only one did."""

    def one() -> Node | None:
        found = [node for node in bed.managers if metrics(node).leads]
        return found[0] if len(found) == 1 else None

    return wait_for("one manager to rotate", one, timeout=SOON)


def journal(node: Node, *more: str) -> list[dict[str, t.Any]]:
    """Return what our program told the journal, each line of which has to be JSON."""
    command = ["journalctl", "--no-pager", "--output=cat", "SYSLOG_IDENTIFIER=swarmvault-rotate"]
    return [json.loads(line) for line in node.exec([*command, *more]).stdout.splitlines()]


def still(bed: Bed) -> None:
    """Stop the timers, and wait until no run is under way that has seen what was before."""

    def one(node: Node) -> None:
        node.exec(["systemctl", "stop", TIMER])
        state = ["systemctl", "show", "--property=ActiveState", "--value", SERVICE]
        wait_for(
            f"the run on {node.name} to end",
            lambda: node.exec(state).stdout.strip() in ("inactive", "failed"),
            timeout=SOON,
        )

    each(one, bed.managers)


def run_now(bed: Bed, *, check: bool = True) -> dict[str, int]:
    """Do what the timers do, on all managers; return how it ended on each."""

    def one(node: Node) -> int:
        return node.exec(["systemctl", "start", SERVICE], check=check).returncode

    return dict(zip([node.name for node in bed.managers], each(one, bed.managers), strict=True))


def test_a_changed_value_reaches_its_service_by_the_timer_alone(
    world: World, canaries: Canaries
) -> None:
    bed = world.bed
    first, second = canaries.value("first"), canaries.value("second")
    world.put("timer/db", password=first)
    world.secret("db", first, {"vault_path": "timer/db", "vault_field": "password"})
    world.service("web", {"db": "db"})
    still(bed)
    run_now(bed)
    assert world.references("web") == {"db": "db_v1"}

    before = {node.name: rotations(node) for node in bed.managers}
    world.put("timer/db", password=second)
    each(lambda node: node.exec(["systemctl", "start", TIMER]), bed.managers)
    wait_for(
        "the timer to rotate", lambda: world.references("web") == {"db": "db_v2"}, timeout=SOON
    )
    assert world.shown("web", "db") == {digest(second)}

    # Each run ends with its line, and those of the managers that do not lead say so.
    leads = wait_for("the run to end", lambda: rotated_since(bed, before), timeout=SOON)

    def told() -> list[tuple[str, str | None]]:
        lines = [line for line in journal(leads) if line["event"] != "rotation: done"]
        return [(one["event"], one.get("service") or one.get("secret")) for one in lines[-2:]]

    expected = [("rotation: secret rotated", "db"), ("rotation: service updated", "web")]
    wait_for("the journal to have it", lambda: told() == expected, timeout=DEADLINE)
    for node in bed.managers:
        known = metrics(node)
        assert known.up
        assert (known.secrets.keys() == {"db"}) is (node == leads)
        if node != leads:
            assert "rotation: left to the leader" in {one["event"] for one in journal(node)}
        assert canaries.found_on(node) == ""
    assert metrics(leads).secrets["db"].running_version == 2
    assert rotations(leads) == before[leads.name] + 1


def rotations(node: Node) -> float:
    return metrics(node).secret_outcomes.get("rotated", 0)


def rotated_since(bed: Bed, before: t.Mapping[str, float]) -> Node | None:
    """Return the manager that has rotated a secret since then."""
    found = [node for node in bed.managers if rotations(node) > before[node.name]]
    return found[0] if found else None


def test_a_run_that_fails_tells_by_its_status_and_its_metrics(world: World) -> None:
    bed = world.bed
    leads = leader(bed)
    before = metrics(leads)
    still(bed)
    world.vault.client().secrets.kv.v2.delete_metadata_and_all_versions("timer/db")
    codes = run_now(bed, check=False)
    assert [name for name, code in codes.items() if code] == [leads.name]
    known = metrics(leads)
    assert (known.up, known.secrets["db"].in_step) == (0, 0)
    assert known.last_failure > before.last_failure
    assert known.failures > before.failures
    assert known.secrets["db"].verified <= before.secrets["db"].verified + SOON
    wait_for(
        "the journal to have it",
        lambda: (
            [one["event"] for one in journal(leads, "--priority=err")][-1:] == ["rotation: failed"]
        ),
        timeout=DEADLINE,
    )
    assert world.references("web") == {"db": "db_v2"}


def test_a_manager_that_takes_over_goes_on(world: World, canaries: Canaries) -> None:
    bed = world.bed
    leads = leader(bed)
    others = [node for node in bed.managers if node != leads]
    value = canaries.value("after the change")
    world.put("timer/db", password=value)
    leads.stop_engine()
    try:
        with contextlib.closing(others[0].client()) as client:
            left = World(bed=bed, client=client, vault=bed.vault)

            def rotated() -> bool:
                for node in others:
                    node.exec(["systemctl", "start", SERVICE], check=False)
                return left.references("web") == {"db": "db_v3"}

            wait_for("the new leader to rotate", rotated, timeout=SOON, ignore=(Exception,))
        assert sum(metrics(node).leads for node in others) == 1
        # The one that is left alone says that it cannot do it.
        assert leads.exec(["systemctl", "start", SERVICE], check=False).returncode
        assert (metrics(leads).up, metrics(leads).leads, metrics(leads).secrets) == (0, 0, {})
    finally:
        leads.start_engine()


def test_cron_does_it_without_systemd_and_none_takes_it_away(
    newest_stage: Stage, archive: Path, tmp_path: Path
) -> None:
    node = newest_stage.bed.managers[0]
    if node.systemd:
        pytest.skip("on this machine every node has systemd")
    node.exec(["mkdir", "-p", "/etc/cron.d", "/var/lib/node_exporter"])
    newest_stage.variables |= {
        "secretprovider_source": str(archive),
        "secretprovider_wheels": str(download(node, tmp_path)),
        "secretprovider_textfile_dir": "/var/lib/node_exporter",
        "secretprovider_random_delay": 0,
    }
    with no_schedule(newest_stage.bed):
        made = newest_stage.playbook(
            "install", "--limit", node.name, secretprovider_rotation="timer"
        )
        assert made.code == 0, made.output
        *_comments, line = text_of(node, CRON).splitlines()
        when, _root, command = line.partition(" root ")
        assert when == "*/5 * * * *"

        with syslog(node) as log:
            node.exec(["sh", "-c", command])
            (told,) = wait_for("the log to have it", log, timeout=DEADLINE)
        assert told["event"] in ("rotation: done", "rotation: left to the leader")
        assert metrics(node).up
        held = ["flock", "/etc/swarmvault", "/opt/swarmvault/rotate"]
        assert node.exec(held, check=False).returncode == 75, "one at a time"

        gone = newest_stage.playbook(
            "install", "--limit", node.name, secretprovider_rotation="none"
        )
        assert gone.code == 0, gone.output
        paths = (CRON, TEXTFILE, "/etc/swarmvault", "/opt/swarmvault/rotate")
        is_there = {path: node.exec(["test", "-e", path], check=False).returncode for path in paths}
        assert set(is_there.values()) == {1}, is_there


@contextlib.contextmanager
def syslog(node: Node) -> t.Iterator[t.Callable[[], list[dict[str, t.Any]]]]:
    """Let a node keep a log, and read what our program told it."""
    node.put("/opt/busybox", static_busybox().read_bytes(), 0o755)
    node.exec(["/opt/busybox", "syslogd", "-O", "/var/log/rotations"])

    def told() -> list[dict[str, t.Any]]:
        command = ["grep", "-o", "swarmvault-rotate: .*", "/var/log/rotations"]
        lines = node.exec(command, check=False).stdout.splitlines()
        return [json.loads(line.partition(": ")[2]) for line in lines]

    try:
        yield told
    finally:
        node.exec(["sh", "-c", "kill $(cat /var/run/syslogd.pid)"])


def test_the_plugin_takes_the_place_of_a_timer(timers: Stage) -> None:
    timers.molecule("plugin_rotation")
