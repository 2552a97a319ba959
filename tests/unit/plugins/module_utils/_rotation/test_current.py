# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Swarm secret a stack file is to refer to."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.current import (
    current_names,
)

from tests.unit.plugins.module_utils._rotation.builders import secret, version


def test_it_is_the_newest_version() -> None:
    secrets = [version("db", 2), version("db", 10), version("db", 9), secret("db")]
    assert current_names(["db"], secrets) == ["db_v10"]


def test_it_is_the_original_before_there_is_any_version() -> None:
    assert current_names(["db"], [secret("db"), version("db_v", 1)]) == ["db"]


def test_it_is_never_a_quarantined_one() -> None:
    bad = version("db", 3, status=secret_labels.QUARANTINED)
    assert current_names(["db"], [version("db", 2), bad]) == ["db_v2"]
    assert current_names(["db"], [secret("db"), bad]) == ["db"]


def test_it_is_the_pending_one_that_services_are_being_moved_to() -> None:
    secrets = [version("db", 2), version("db", 3, status=secret_labels.PENDING)]
    assert current_names(["db"], secrets) == ["db_v3"]


def test_names_are_given_in_the_order_they_were_asked_for_and_as_often() -> None:
    secrets = [version("a", 1), version("b", 2)]
    assert current_names(["b", "a", "b"], secrets) == ["b_v2", "a_v1", "b_v2"]
    assert current_names([], secrets) == []


def test_all_that_have_none_are_told_with_what_is_similar() -> None:
    secrets = [
        version("mysql_password", 1),
        version("api_key", 1, status=secret_labels.QUARANTINED),
        secret("tls_cert"),
    ]
    wanted = ["tls_cert", "mysql_pasword", "api_key", "zzz"]
    with pytest.raises(InputError) as caught:
        current_names(wanted, secrets)
    assert caught.value.message == (
        "There is no Swarm secret to refer to:"
        " mysql_pasword is not known in this Swarm (there is mysql_password);"
        " every version of api_key is quarantined;"
        " zzz is not known in this Swarm."
    )
    assert "run swarm_secret_rotate for them first" in caught.value.remedy


def test_the_name_of_a_version_leads_to_its_logical_secret() -> None:
    with pytest.raises(InputError, match=r"mysql_v1 is not known .*there is mysql\)"):
        current_names(["mysql_v1"], [version("mysql", 1)])
