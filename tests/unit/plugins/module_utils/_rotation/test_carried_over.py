# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new version has from the one before, and where services stay that run an adopted one."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    RenewalAction,
    RenewalDecision,
    SourceState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.payload import (
    Stored,
    Unread,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.rolled_back import (
    plan_rolled_back,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.versions import (
    group_versions,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import SwarmSecret

from tests.unit.plugins.module_utils._rotation.builders import (
    actions,
    holds,
    managed_labels,
    observation,
    options,
    plan,
    secret,
    service,
    swarm,
    version,
)


def templated(made: SwarmSecret) -> SwarmSecret:
    return dataclasses.replace(made, templating={"Name": "golang"})


@pytest.mark.case("N2")
@pytest.mark.parametrize(
    ("things", "expected"),
    [
        ((templated(secret("db")),), {"Name": "golang"}),
        ((templated(version("db", 1)),), {"Name": "golang"}),
        ((templated(secret("db")), version("db", 1)), {"Name": "golang"}),
        ((secret("db"), version("db", 1)), None),
        ((), None),
    ],
    ids=["the original", "the version before", "lost by an older release", "none", "the first"],
)
def test_what_fills_in_placeholders_is_carried_over(
    things: tuple[SwarmSecret, ...], expected: dict[str, str] | None
) -> None:
    new = plan(swarm(*things), holds(9, "x")).secrets[0].create
    assert new is not None
    assert new.payload == Stored(SecretValue(b"x"), expected)


def test_a_value_that_vault_would_have_to_make_is_not_in_the_plan_of_check_mode() -> None:
    due = RenewalDecision(RenewalAction.DUE, "there is none yet")
    new = plan(swarm(), SourceState(renewal=due, unread=True)).secrets[0].create
    assert new is not None
    assert new.payload == Unread()


@pytest.mark.case("N1")
def test_a_version_of_ours_with_copied_labels_of_docker_secret_stays_ours() -> None:
    copied = {**managed_labels("db", 2), "ansible_key": "5e1f", "ansible_version": "2"}
    logical = group_versions([secret("db_v2", copied)])["db"]
    assert [item.number for item in logical.managed] == [2]
    assert logical.originals == ()


@pytest.mark.case("N1")
def test_after_a_rollback_services_stay_on_whichever_adopted_one_they_run() -> None:
    state = swarm(
        *(secret(f"db_v{number}", {secret_labels.ADOPTED: "db"}) for number in (1, 2)),
        version("db", 3, status="quarantined"),
        service("web", "db_v2"),
        service("old", "db_v1"),
    )
    assert actions(plan(state, holds(3))) == {}
    again = plan_rolled_back(observation(state), options(state="rolled_back"))
    assert (again.changes, actions(again)) == (False, {})
