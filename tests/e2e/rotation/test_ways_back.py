# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways back lead one version back: whatever becomes of the call, and whoever is faster."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import DockerError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)

from tests.e2e.support.interference import Hook, Hooked, cut, is_service_update
from tests.e2e.support.looks import PATIENT, accepts_only, actions, reason, states, status, updates
from tests.e2e.support.world import World, digest, vaulted

LATER = {"swarmvault.wave": "1"}
ASKED = vaulted("db", "back/db")


def at_the_second(world: World, third: str = "bad-value", **more: t.Any) -> None:
    """Have two versions that are good, a service at the second, and a third value."""
    for number in (1, 2):
        world.put("back/db", password=f"value {number}")
        world.rotate(ASKED, keep_versions=9)
    world.service("web", {"db": "db_v2"}, update=PATIENT, **more)
    world.put("back/db", password=third)


def at_update(nth: int, action: t.Callable[[], t.Any]) -> Hook:
    """Return a hook that acts at one of the updates of services, counted from 1."""
    seen: list[str] = []

    def hook(call: str) -> None:
        if is_service_update(call):
            seen.append(call)
            if len(seen) == nth:
                action()

    return hook


def lose_answer() -> None:
    """Let the connection be cut."""
    raise DockerError("the connection was cut by the test.", transient=True)


def roll_back(world: World, service: str = "web") -> None:
    """Ask the engine to roll a service back, as somebody at the command line does."""
    found = world.inspect(service)
    params = {"version": found["Version"]["Index"], "rollback": "previous"}
    url = world.client._url("/services/{0}/update", found["ID"])
    answer = world.client._post_json(url, data=found["Spec"], params=params)
    world.client._raise_for_status(answer)


def deploy_anew(world: World) -> None:
    """Deploy the service with the second version and something else, as a stack file does."""
    ids = {secret["Spec"]["Name"]: secret["ID"] for secret in world.client.secrets()}

    def change(spec: dict[str, t.Any]) -> None:
        container = spec["TaskTemplate"]["ContainerSpec"]
        container["Secrets"][0].update(SecretID=ids["db_v2"], SecretName="db_v2")
        container["Env"] = ["COLOUR=green"]

    world.edit("web", change)


def check_one_version_back(world: World) -> None:
    """Check that the service runs the second version, and that only the third is rejected."""
    assert world.references("web") == {"db": "db_v2"}
    world.wait_running("web")
    assert world.shown("web", "db") == {digest("value 2")}
    found = {name: status(world, name) for name in world.names()}
    assert found == {"db_v1": "active", "db_v2": "active", "db_v3": "quarantined"}
    again = world.rotate(ASKED, keep_versions=9)
    assert (again.failed, again.changed, updates(world)) == (False, False, 0)


@pytest.mark.case("R1")
def test_a_way_back_whose_answer_is_lost_is_not_gone_twice(world: World) -> None:
    """The engine carries it out; the test cuts the connection before its answer is read."""
    at_the_second(world)
    lost = at_update(2, lose_answer)
    world.wrap = lambda inner: Hooked(inner, after=lost)

    report = world.rotate(ASKED, keep_versions=9)

    world.wrap = None
    assert states(report) == {"web": ("updated", "rolled_back")}
    assert actions(report) == {"db": ("quarantined", "db_v2")}
    check_one_version_back(world)


def with_rollback_all(world: World, hook: Hook, *, before: bool = False) -> None:
    """Let one consumer converge, and another one then reject the value, with a hook around calls.

    The updates of services are: on, on, back, and back to stay alike.
    """
    only = accepts_only(digest("value 1"), digest("value 2"))
    at_the_second(world, "value 3", command=only, labels=LATER)
    world.service("early", {"db": "db_v2"})
    world.wrap = lambda inner: Hooked(inner, **{"before" if before else "after": hook})

    report = world.rotate(ASKED, keep_versions=9, on_failure="rollback_all")

    world.wrap = None
    assert states(report) == {
        "early": ("updated", "rolled_back"),
        "web": ("updated", "rolled_back"),
    }
    assert world.references("early") == {"db": "db_v2"}
    assert world.shown("early", "db") == {digest("value 2")}
    check_one_version_back(world)


@pytest.mark.case("R1")
@pytest.mark.parametrize("nth", [3, 4])
def test_nor_is_one_that_is_gone_to_stay_alike(world: World, nth: int) -> None:
    with_rollback_all(world, at_update(nth, lose_answer))


@pytest.mark.case("R1")
def test_where_somebody_was_faster_with_a_service_that_is_to_stay_alike_it_is_left_there(
    world: World,
) -> None:
    with_rollback_all(world, at_update(4, lambda: roll_back(world, "early")), before=True)


@pytest.mark.case("R1")
def test_a_service_that_is_scaled_meanwhile_goes_back_once_though_the_answer_is_lost(
    world: World,
) -> None:
    """The spec before is then not the one that was there before the run."""
    at_the_second(world)

    def scale() -> None:
        world.edit("web", lambda spec: spec["Mode"]["Replicated"].update(Replicas=2))

    scaled, lost = at_update(1, scale), at_update(2, lose_answer)

    def both(call: str) -> None:
        scaled(call)
        lost(call)

    world.wrap = lambda inner: Hooked(inner, after=both)

    report = world.rotate(ASKED, keep_versions=9)

    world.wrap = None
    assert report.failed
    assert actions(report) == {"db": ("quarantined", "db_v2")}
    assert world.inspect("web")["Spec"]["Mode"]["Replicated"]["Replicas"] == 2
    check_one_version_back(world)


@pytest.mark.case("R1")
@pytest.mark.parametrize("faster", [roll_back, deploy_anew])
def test_where_somebody_was_faster_there_is_nothing_left_to_go_back(
    world: World, faster: t.Callable[[World], None]
) -> None:
    at_the_second(world)
    # The first one moves it on, the second one is the way back.
    before = at_update(2, lambda: faster(world))
    world.wrap = lambda inner: Hooked(inner, before=before)

    report = world.rotate(ASKED, keep_versions=9)

    world.wrap = None
    assert report.failed
    assert actions(report) == {"db": ("quarantined", "db_v2")}
    check_one_version_back(world)


@pytest.mark.case("R4")
@pytest.mark.parametrize("times", [1, 9])
def test_a_label_that_cannot_be_written_for_a_moment_leaves_no_consumer_on_its_way(
    world: World, times: int
) -> None:
    """One consumer is only watched, and its version gets a label; another one is moved."""
    requests = (vaulted("api", "back/api"), vaulted("db", "back/db"))
    world.put("back/api", token="first")
    world.put("back/db", password="first")
    world.rotate(*requests)
    world.service("watched", {"db": "db_v1"})
    world.service("web", {"api": "api_v1"})
    world.put("back/db", password="second")
    world.rotate(*requests, wait=False)
    world.wait_running("watched")
    # The same value once more: only a label is to be written.
    world.put("back/db", password="second")
    world.put("back/api", token="second")
    lost = cut(is_label_update, times)
    world.wrap = lambda inner: Hooked(inner, before=lost)

    report = world.rotate(*requests)

    world.wrap = None
    assert states(report)["web"] == ("updated", "converged")
    assert world.references("web") == {"api": "api_v2"}
    assert world.references("watched") == {"db": "db_v2"}
    assert status(world, "db_v2") != "quarantined"
    if status(world, "db_v2") != "active":
        assert "db" in f"{report.message} {' '.join(report.warnings)}"
    done = world.rotate(*requests)
    assert not done.failed, done.message
    for name in ("api_v2", "db_v2"):
        assert status(world, name) == "active"
    assert world.secrets()["db_v2"]["swarmvault.source_version"] == "3"
    assert not world.rotate(*requests).changed


def is_label_update(call: str) -> bool:
    return call.startswith("POST /secrets/") and call.endswith("/update")


# -- on demand ------------------------------------------------------------------------------------


@pytest.mark.case("R8")
def test_after_an_automatic_quarantine_rolled_back_goes_back_once_and_no_further(
    world: World,
) -> None:
    at_the_second(world)
    failed = world.rotate(ASKED, keep_versions=9)
    assert states(failed) == {"web": ("updated", "rolled_back")}
    world.wait_running("web")

    report = world.rotate(SecretRequest("db"), state="rolled_back")

    assert not report.failed, report.message
    assert report.changed
    assert actions(report) == {"db": ("rolled_back", "db_v1")}
    assert states(report) == {"web": ("updated", "converged")}
    assert world.references("web") == {"db": "db_v1"}
    assert world.shown("web", "db") == {digest("value 1")}
    found = {name: status(world, name) for name in world.names()}
    assert found == {"db_v1": "active", "db_v2": "quarantined", "db_v3": "quarantined"}

    again = world.rotate(SecretRequest("db"), state="rolled_back")
    assert (again.failed, again.changed) == (False, False)
    assert world.references("web") == {"db": "db_v1"}
    scheduled = world.rotate(ASKED, keep_versions=9)
    assert (scheduled.failed, scheduled.changed) == (False, False)


@pytest.mark.case("R8")
def test_what_was_left_on_the_rejected_version_is_brought_back_on_demand(world: World) -> None:
    """With ``on_failure: pause`` the consumer that failed stays where it is."""
    at_the_second(world)
    paused = world.rotate(ASKED, keep_versions=9, on_failure="pause")
    assert states(paused) == {"web": ("updated", "failed")}
    assert world.references("web") == {"db": "db_v3"}

    report = world.rotate(SecretRequest("db"), state="rolled_back")

    assert not report.failed, report.message
    assert world.references("web") == {"db": "db_v2"}, reason(report, "web")
    assert world.shown("web", "db") == {digest("value 2")}
    again = world.rotate(SecretRequest("db"), state="rolled_back")
    assert world.references("web") == {"db": "db_v2"}, again
