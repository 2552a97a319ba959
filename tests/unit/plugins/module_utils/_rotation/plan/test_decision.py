# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of one logical secret, by what Swarm has and what the source holds."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    InputError,
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SourceState,
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.decision import (
    needs_value,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.unit.plugins.module_utils._rotation.builders import (
    CANARY,
    at,
    data_version,
    decide,
    holds,
    managed_labels,
    observation,
    plain_source,
    request,
    secret,
    secret_id,
    swarm,
    version,
)

V1 = version("db", 1, value="one")
V2 = version("db", 2, value="two")
V2_PENDING = version("db", 2, value="two", status="pending")
V2_BAD = version("db", 2, value="two", status="quarantined", failed_on="web")
FORCED_BAD = version("db", 2, value="one", status="quarantined", failed_on="web")
ORIGINAL = secret("db")


def case(
    name: str,
    state: SwarmState,
    source: SourceState,
    action: str,
    asked: SecretRequest | None = None,
    **more: bool,
) -> object:
    return pytest.param(state, source, action, asked, more, id=name)


@pytest.mark.parametrize(
    ("state", "source", "action", "asked", "more"),
    [
        case("nothing there", swarm(), holds(1, "one"), "created"),
        case("only the original", swarm(ORIGINAL), holds(1, "one"), "adopted"),
        case("followed", swarm(V1), holds(1), "unchanged"),
        case("followed by a pending version", swarm(V1, V2_PENDING), holds(2), "unchanged"),
        case("new value", swarm(V1), holds(2, "two"), "rotated"),
        case("new version with the same value", swarm(V1), holds(2, "one"), "recorded"),
        case("back to a former value", swarm(V1, V2), holds(3, "one"), "rotated"),
        case("failed before", swarm(V1, V2_BAD), holds(2), "quarantined"),
        case("failed before, newer source", swarm(V1, V2_BAD), holds(3, "three"), "rotated"),
        case("failed before, good value again", swarm(V1, V2_BAD), holds(3, "one"), "recorded"),
        case("failed before, bad value again", swarm(V1, V2_BAD), holds(3, "two"), "quarantined"),
        case("failed when forced, same value", swarm(V1, FORCED_BAD), holds(3, "one"), "recorded"),
        case("failed before, forced", swarm(V1, V2_BAD), holds(2, "two"), "rotated", force=True),
        case(
            "first version failed",
            swarm(version("db", 1, status="quarantined")),
            holds(1),
            "quarantined",
        ),
        case(
            "adopted version failed",
            swarm(ORIGINAL, version("db", 1, status="quarantined")),
            holds(1),
            "quarantined",
        ),
        case(
            "adopted version failed, newer source",
            swarm(ORIGINAL, version("db", 1, status="quarantined")),
            holds(2, "two"),
            "adopted",
        ),
        case(
            "first version failed, newer source",
            swarm(version("db", 1, status="quarantined")),
            holds(2, "two"),
            "created",
        ),
        case(
            "two failed, the earlier is what the source holds again",
            swarm(V1, V2_BAD, version("db", 3, value="three", status="quarantined")),
            holds(2),
            "quarantined",
        ),
        case("forced", swarm(V1), holds(1, "one"), "rotated", force=True),
        case("forced, nothing there", swarm(), holds(1, "one"), "created", force=True),
        case(
            "another path with another value",
            swarm(V1),
            holds(1, "two"),
            "rotated",
            request(source=plain_source("shop/db2")),
        ),
        case(
            "another path with the same value",
            swarm(V1),
            holds(1, "one"),
            "recorded",
            request(source=plain_source("shop/db2")),
        ),
        case(
            "pinned to what is current anyway",
            swarm(V1),
            holds(1, "one"),
            "recorded",
            request(source=plain_source(version=1)),
        ),
        case(
            "path deleted and written again",
            swarm(V1),
            SourceState(1, at(9), SecretValue(b"two")),
            "rotated",
        ),
        case("creation time not told", swarm(V1), SourceState(1, None), "unchanged"),
        case(
            "user's label missing",
            swarm(V1),
            holds(1),
            "recorded",
            request(labels={"team": "shop"}),
        ),
        case(
            "user's label there",
            swarm(version("db", 1, more={"team": "shop"})),
            holds(1),
            "unchanged",
            request(labels={"team": "shop"}),
        ),
        case(
            "a version made by hand is no version",
            swarm(secret("db_v1", {"vault_path": "shop/db"})),
            holds(1, "one"),
            "created",
        ),
        case(
            "data, same value",
            swarm(data_version("db", 1, "one")),
            holds(None, "one"),
            "unchanged",
            request(data="one", source=None),
        ),
        case(
            "data, new value",
            swarm(data_version("db", 1, "one")),
            holds(None, "two"),
            "rotated",
            request(data="two", source=None),
        ),
        case(
            "data, value that failed",
            swarm(data_version("db", 1, "one"), data_version("db", 2, "two", status="quarantined")),
            holds(None, "two"),
            "quarantined",
            request(data="two", source=None),
        ),
        case(
            "data, another value than the one that failed",
            swarm(data_version("db", 1, "one"), data_version("db", 2, "two", status="quarantined")),
            holds(None, "three"),
            "rotated",
            request(data="three", source=None),
        ),
        case(
            "data instead of a source, same value",
            swarm(V1),
            holds(None, "one"),
            "recorded",
            request(data="one", source=None),
        ),
    ],
)
def test_the_action(
    state: SwarmState,
    source: SourceState,
    action: str,
    asked: SecretRequest | None,
    more: dict[str, bool],
) -> None:
    assert decide(state, source, asked, **more).action == action


def test_a_source_in_trouble_leaves_the_secret_as_it_is_even_when_forced() -> None:
    broken = SourceState(error=SourceUnreachableError("Vault is sealed."))
    for force in (False, True):
        decision = decide(swarm(V1), broken, force=force, on_source_error="keep")
        assert decision.action == "kept"
        assert "Vault is sealed." in decision.reason


@pytest.mark.parametrize(
    ("bad", "because"),
    [
        (V2_BAD, "db_v2 failed on web"),
        (version("db", 2, status="quarantined"), "db_v2 was rolled back"),
    ],
)
def test_the_reason_of_a_quarantine_says_what_ends_it(bad: object, because: str) -> None:
    decision = decide(swarm(V1, bad), holds(2))
    assert decision.reason == (
        f"source version 2 is quarantined: {because}; "
        "a newer value in the source or force ends the quarantine"
    )


def test_a_pending_version_that_consumers_rejected_counts_as_quarantined() -> None:
    decision = decide(swarm(V1, V2_PENDING), holds(2), rejected_by={secret_id("db_v2"): "web, api"})
    assert decision.action == "quarantined"
    assert "db_v2 failed on web, api" in decision.reason


@pytest.mark.parametrize("key", [None, SecretValue(b"another long key")])
def test_with_another_key_a_value_without_version_is_not_rotated_on_a_guess(
    key: SecretValue | None,
) -> None:
    state = swarm(data_version("db", 1, CANARY))
    with pytest.raises(InputError, match="another hash_key") as caught:
        decide(state, holds(None, CANARY), request(data=CANARY, source=None), hash_key=key)
    assert "force" in caught.value.remedy
    assert CANARY not in str(caught.value)


def test_with_another_key_a_new_source_version_is_rotated() -> None:
    decision = decide(swarm(V1), holds(2, "one"), hash_key=SecretValue(b"another long key"))
    assert decision.action == "rotated"


def test_with_another_key_force_takes_the_new_key() -> None:
    asked = request(data="one", source=None)
    state = swarm(data_version("db", 1, "one"))
    decision = decide(state, holds(None, "one"), asked, hash_key=None, force=True)
    assert decision.action == "rotated"


def test_an_unchanged_source_version_needs_no_key() -> None:
    assert decide(swarm(V1), holds(1), hash_key=None).action == "unchanged"


@pytest.mark.parametrize(
    ("state", "source", "needed"),
    [
        (swarm(V1), holds(1), False),
        (swarm(V1, V2_BAD), holds(2), False),
        (swarm(V1), holds(2), True),
        (swarm(V1, V2_BAD), holds(3), True),
        (swarm(), holds(1), True),
        (swarm(ORIGINAL), holds(1), True),
        (swarm(V1), SourceState(None), True),
    ],
    ids=["followed", "quarantined", "newer", "newer than quarantined", "none", "original", "kv1"],
)
def test_data_is_read_only_where_the_version_does_not_tell(
    state: SwarmState,
    source: SourceState,
    needed: bool,
) -> None:
    assert needs_value(observation(state, source).secrets[0]) is needed


def test_data_is_read_when_forced() -> None:
    assert needs_value(observation(swarm(V1), holds(1)).secrets[0], force=True)


def test_a_version_from_a_mount_of_its_own_is_followed() -> None:
    source = VaultSource("db", "password", mount="kv/shop")
    state = swarm(version("db", 3, source=source))
    assert decide(state, holds(3), request(source=source)).action == "unchanged"


def test_a_version_without_recorded_time_is_followed_by_its_number() -> None:
    labels = managed_labels("db", 1)
    del labels[secret_labels.SOURCE_TIME]
    assert decide(swarm(secret("db_v1", labels)), holds(1)).action == "unchanged"
