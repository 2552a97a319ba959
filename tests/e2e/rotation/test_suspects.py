# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several secrets changed at once and the consumer rejects the update: which one was it?"""

from __future__ import annotations

import typing as t

import pytest

from tests.e2e.support.looks import (
    PATIENT,
    accepts_only,
    actions,
    changes,
    states,
    status,
    updates,
)
from tests.e2e.support.world import World, digest, vaulted

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
        SecretRequest,
    )

NAMES = ("api", "db", "mail")


def changed(world: World, names: t.Sequence[str] = NAMES) -> list[SecretRequest]:
    """Have a first version of each secret, each from a path of its own, and second values."""
    requests = [vaulted(name, f"suspects/{name}") for name in names]
    for name in names:
        world.put(f"suspects/{name}", value=f"first {name}")
    world.rotate(*requests)
    return requests


def put_second(world: World, names: t.Sequence[str] = NAMES) -> None:
    for name in names:
        world.put(f"suspects/{name}", value=f"second {name}")


def versions(*names: str) -> dict[str, str]:
    """Return target -> Swarm secret, for names such as ``db_v1``."""
    return {name.partition("_")[0]: name for name in names}


def only_first(name: str) -> tuple[str, ...]:
    """Return a command that fails with any other than the first value of a secret."""
    return accepts_only(digest(f"first {name}"), target=name)


@pytest.mark.case("S8")
@pytest.mark.parametrize(("bad", "failure_action"), [("db", "pause"), ("mail", "rollback")])
def test_of_three_new_values_only_the_bad_one_is_quarantined(
    world: World, bad: str, failure_action: str
) -> None:
    requests = changed(world)
    update = {**PATIENT, "FailureAction": failure_action}
    world.service(
        "web", versions("api_v1", "db_v1", "mail_v1"), command=only_first(bad), update=update
    )
    # Another consumer runs one of them well.
    world.service("other", versions("api_v1"))
    put_second(world)

    report = world.rotate(*requests)

    good = [name for name in NAMES if name != bad]
    assert report.failed
    assert bad in report.message
    assert actions(report) == {
        bad: ("quarantined", f"{bad}_v1"),
        **{name: ("rotated", f"{name}_v2") for name in good},
    }
    assert status(world, f"{bad}_v2") == "quarantined"
    assert world.secrets()[f"{bad}_v2"]["swarmvault.failed_on"] == "web"
    for name in good:
        assert status(world, f"{name}_v2") == "active"
        assert "swarmvault.failed_on" not in world.secrets()[f"{name}_v2"]
        assert world.shown("web", name) == {digest(f"second {name}")}
    assert world.references("web") == {f"{bad}": f"{bad}_v1", **{n: f"{n}_v2" for n in good}}
    assert world.references("other") == {"api": "api_v2"}

    again = world.rotate(*requests)
    assert (again.failed, again.changed, changes(world)) == (False, False, [])


@pytest.mark.case("S8")
def test_where_none_is_good_each_is_quarantined_and_the_consumer_is_where_it_was(
    world: World,
) -> None:
    names = ("db", "mail")
    requests = changed(world, names)
    both = " ".join(f'"$(sha256sum /run/secrets/{name} | cut -c1-12)"' for name in names)
    firsts = f"{digest('first db')} {digest('first mail')}"
    command = ("/bin/sh", "-c", f'set -- {both}; test "$*" = "{firsts}" && exec /app.sh; exit 3')
    world.service("web", versions("db_v1", "mail_v1"), command=command, update=PATIENT)
    put_second(world, names)

    report = world.rotate(*requests)

    assert report.failed
    assert actions(report) == {n: ("quarantined", f"{n}_v1") for n in names}
    assert world.references("web") == versions("db_v1", "mail_v1")
    world.wait_running("web")
    again = world.rotate(*requests)
    assert (again.failed, again.changed, changes(world)) == (False, False, [])


@pytest.mark.case("S8")
def test_the_last_one_left_is_rejected_without_breaking_the_consumer_once_more(
    world: World,
) -> None:
    """The other one is cleared, so it must have been this one."""
    names = ("api", "db")
    requests = changed(world, names)
    world.service("a-first", versions("api_v1"))
    world.service("web", versions("api_v1", "db_v1"), command=only_first("db"), update=PATIENT)
    put_second(world, names)

    report = world.rotate(*requests, max_parallel=1)

    assert actions(report) == {"api": ("rotated", "api_v2"), "db": ("quarantined", "db_v1")}
    assert world.references("web") == versions("api_v2", "db_v1")
    assert world.shown("web", "api") == {digest("second api")}
    # Of web at most: with both, back, and with the good one.
    assert updates(world) <= 1 + 3
    assert states(report)["a-first"] == ("updated", "converged")
