# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for ``state: absent``: every version goes, unless something needs it."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.absent import (
    plan_absent,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import Plan
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
    Service,
    SwarmSecret,
)

from tests.unit.plugins.module_utils._rotation.builders import (
    managed_labels,
    names,
    observation,
    options,
    request,
    secret,
    service,
    swarm,
    version,
)


def absent(
    *things: SwarmSecret | Service, asked: tuple[str, ...] = ("db",), **more: object
) -> Plan:
    requests = [request(name, source=None) for name in asked]
    return plan_absent(
        observation(swarm(*things), requests=requests), options(state="absent", **more)
    )


V1, V2 = version("db", 1), version("db", 2, status="pending")


def test_every_version_goes_whatever_its_status() -> None:
    bad = version("db", 3, status="quarantined")
    made = absent(V1, V2, bad, service("web", "other"))
    assert names(made.retire) == ["db_v1", "db_v2", "db_v3"]
    assert made.secrets[0].action == "removed"


def test_what_others_made_stays() -> None:
    others = [
        secret("db"),
        secret("db_v9"),
        secret("copy", managed_labels("db", 4)),
        version("db_v", 1),
        version("db_v1", 1),
    ]
    assert names(absent(V1, *others).retire) == ["db_v1"]


def test_a_secret_that_is_not_there_is_fine() -> None:
    made = absent(version("other", 1))
    assert (made.secrets[0].action, made.retire, made.changes) == ("unchanged", (), False)


@pytest.mark.parametrize(
    ("consumer", "complaint"),
    [
        (service("web", "db_v1"), "db is in use by service web"),
        (service("job", "db_v1", mode="ReplicatedJob"), "db is in use by service job"),
        (service("web", previous=["db_v2"]), "db is needed to roll service web back"),
    ],
)
def test_a_secret_in_use_is_refused(consumer: Service, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        absent(V1, V2, consumer)


def test_force_gives_up_rollbacks_but_not_running_services() -> None:
    assert names(absent(V1, service("web", previous=["db_v1"]), force=True).retire) == ["db_v1"]
    with pytest.raises(InputError, match="in use by service web"):
        absent(V1, service("web", "db_v1"), force=True)


def test_all_services_and_secrets_in_the_way_are_named() -> None:
    things = [V1, version("api", 1), service("web", "db_v1", "api_v1"), service("x", "api_v1")]
    with pytest.raises(InputError) as caught:
        absent(*things, asked=("db", "api"))
    for complaint in ("db is in use by service web", "api is in use by service web", "service x"):
        assert complaint in str(caught.value)


def test_a_service_is_named_once_for_a_secret_it_refers_to_twice() -> None:
    with pytest.raises(InputError) as caught:
        absent(V1, V2, service("web", "db_v1", "db_v2", previous=["db_v1"]))
    assert str(caught.value).count("web") == 1


def test_the_original_may_be_in_use() -> None:
    assert names(absent(secret("db"), V1, service("web", "db")).retire) == ["db_v1"]
