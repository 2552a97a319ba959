# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that count down, as engines that the testbed does not have document them."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.engines.generic import (
    read_data,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.engines.location import (
    Location,
)

PASSWORD = {"username": "u", "password": "p", "last_vault_rotation": "2026-04-21T15:56:58Z"}
LDAP = {"dn": "cn=u,dc=example,dc=org", "last_password": "o", "rotation_period": 86400}


class Answers:
    """Stands for the client: gives one answer."""

    def __init__(self, data: dict[str, t.Any], lease_id: str = "") -> None:
        self._answer = {"data": data, "lease_id": lease_id, "lease_duration": 60}

    def read(self, path: str) -> dict[str, t.Any]:
        del path
        return self._answer

    def hold_lease(self, lease_id: str, seconds: float) -> float:
        del lease_id
        return seconds


def read(data: dict[str, t.Any]) -> t.Any:
    client: t.Any = Answers(data)
    mounts: t.Any = None
    fields, term = read_data(client, Location("read", "", "x/static-creds/y"), mounts)
    assert term is None
    return json.loads(fields.value(None, "json").reveal())


@pytest.mark.case("V4")
@pytest.mark.parametrize(
    "more",
    [
        {"rotation_period": 86400},
        {"rotation_schedule": "0 3 * * SAT", "rotation_window": 3600},
        {"rotation_schedule": "0 3 * * SAT"},
        LDAP,
        {},  # another engine that tells when it changed the password, and how long it will stay
    ],
    ids=["period", "schedule", "schedule without a window", "ldap", "neither"],
)
def test_the_countdown_of_static_credentials_is_left_out(more: dict[str, t.Any]) -> None:
    kept = {**PASSWORD, **more}
    assert read({**kept, "ttl": 17}) == kept


@pytest.mark.parametrize(
    "data",
    [
        {"ttl": 17},  # a setting: roles have one
        {"ttl": 17, "rotation_period": 86400},
        {"current_password": "p", "last_password": "o", "username": "u"},  # Active Directory
    ],
)
def test_any_other_answer_is_kept_whole(data: dict[str, t.Any]) -> None:
    assert read(data) == data
