# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to use the collection works with exactly the policy that the guide gives for it.

With one path less it does not, and the error says what to add.
"""

from __future__ import annotations

import typing as t

import hvac.exceptions
import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.lookups import vault_texts
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.hash_secrets import (
    hash_secrets,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.previous import read_previous
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.request import HashRequest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.waiting import wait_for
from tests.e2e.support.authority import authority
from tests.e2e.support.policies import guide_policies, paths_in, token_with, without
from tests.e2e.support.shop import STATIC_CREDS, Shop, credential
from tests.e2e.support.world import DEADLINE, kv2

POLICIES = guide_policies()
DATA = 'path "secret/data/shop/db" { capabilities = ["read"] }'
METADATA = 'path "secret/metadata/shop/db" { capabilities = ["read"] }'
REVOKE = 'path "sys/leases/revoke" { capabilities = ["update"] }'
REQUEST = SecretRequest("db", source=kv2("shop/db", "password"))
NOTICE, ROTATE = "Key/value version 2: notice changes", "Key/value version 2: rotate"


@pytest.fixture(autouse=True)
def _secrets(shop: Shop) -> None:
    shop.world.put("shop/db", password="one")
    shop.bao.put("shop/api", mount="kv1", key="one")


def rotate(shop: Shop, token: str, *requests: SecretRequest, **options: t.Any) -> list[str]:
    """Rotate with a token; return the actions.

    :raises SourceError: the run failed, as one does with hashes.
    """
    report = shop.rotate(*requests, login={"vault_token": token}, **options)
    if report.failed:
        raise SourceError(report.message)
    assert report.warnings == ()
    return [secret.action for secret in report.secrets]


def rotate_kv2(shop: Shop, token: str) -> None:
    """Rotate, in check mode and in earnest."""
    shop.world.rotate(REQUEST)
    shop.world.put("shop/db", password="two")
    assert rotate(shop, token, REQUEST, check=True) == ["rotated"]
    assert rotate(shop, token, REQUEST) == ["rotated"]


def rotate_pinned(shop: Shop, token: str) -> None:
    """Rotate to a pinned version."""
    shop.world.put("shop/db", password="two")
    pinned = SecretRequest("db", source=kv2("shop/db", "password", version=1))
    assert rotate(shop, token, pinned) == ["created"]


def notice(shop: Shop, token: str) -> None:
    """Find out that nothing has changed."""
    shop.world.rotate(REQUEST)
    assert rotate(shop, token, REQUEST) == ["unchanged"]


def rotate_kv1(shop: Shop, token: str) -> None:
    """Rotate from version 1."""
    source = VaultSource("shop/api", mount="kv1", engine="kv1")
    assert rotate(shop, token, SecretRequest("api", source=source)) == ["created"]


def rotate_static(shop: Shop, token: str) -> None:
    """Rotate static credentials."""
    assert rotate(shop, token, *credential(STATIC_CREDS)) == ["created", "created"]


def issue(shop: Shop, token: str) -> None:
    """Let a certificate be issued."""
    with authority(shop.bao):
        params = '{"common_name": "shop.example.org", "ttl": "24h"}'
        source = VaultSource("pki/issue/web", "certificate", engine="pki", params=params)
        assert rotate(shop, token, SecretRequest("crt", source=source)) == ["created"]


def hash_first(shop: Shop, token: str) -> None:
    """Hash without a run before."""
    hashes(shop, token)


def hashes(shop: Shop, token: str, previous: t.Any = None) -> t.Any:
    """Hash one value."""
    request = HashRequest(
        {"db": kv2("shop/db", "password")},
        hash_key=SecretValue(b"a key of enough bytes"),
        previous=read_previous(previous),
    )
    with connect(shop.world.vault_options(vault_token=token)) as reader:
        return hash_secrets(request, reader).as_dict()["hashes"]


def look_up(shop: Shop, token: str) -> None:
    """Read a value as the lookup does."""
    address = {"vault_url": shop.bao.url, "vault_ca_cert": str(shop.bao.ca_cert)}
    params = {**address, "vault_token": token, "vault_validate_certs": True, "vault_version": None}
    assert vault_texts(["shop/db"], params) == ["one"]


Mode = t.Callable[[Shop, str], None]
#: How each is used, and what is said to be missing without each path of its policy.
MODES: list[tuple[str, Mode, dict[str, str]]] = [
    (NOTICE, notice, {"secret/metadata/shop/*": METADATA}),
    (ROTATE, rotate_kv2, {"secret/metadata/shop/*": METADATA, "secret/data/shop/*": DATA}),
    (ROTATE, rotate_pinned, {"secret/metadata/shop/*": METADATA, "secret/data/shop/*": DATA}),
    (
        "Key/value version 1",
        rotate_kv1,
        {"kv1/shop/*": 'path "kv1/shop/api" { capabilities = ["read"] }'},
    ),
    (
        "Static credentials and other paths",
        rotate_static,
        {STATIC_CREDS: f'path "{STATIC_CREDS}" {{ capabilities = ["read"] }}'},
    ),
    (
        "Certificates",
        issue,
        {"pki/issue/web": 'path "pki/issue/web" { capabilities = ["update"] }'},
    ),
    ("Hashes", hash_first, {"secret/metadata/shop/*": METADATA, "secret/data/shop/*": DATA}),
    ("Lookups", look_up, {"secret/data/shop/*": DATA}),
]


@pytest.mark.parametrize(
    ("section", "mode"), [mode[:2] for mode in MODES], ids=[mode[1].__name__ for mode in MODES]
)
def test_each_mode_works_with_exactly_the_policy_of_the_guide(
    shop: Shop, section: str, mode: Mode
) -> None:
    mode(shop, token_with(shop.bao, POLICIES[section]))


@pytest.mark.parametrize(
    ("section", "mode", "path", "missing"),
    [
        pytest.param(section, mode, path, missing, id=f"{mode.__name__}-without-{path}")
        for section, mode, paths in MODES
        for path, missing in paths.items()
    ],
)
def test_with_one_path_less_the_error_says_which_right_is_missing(
    shop: Shop, section: str, mode: Mode, path: str, missing: str
) -> None:
    token = token_with(shop.bao, without(POLICIES[section], path))

    with pytest.raises(SourceError) as raised:
        mode(shop, token)

    assert missing in str(raised.value)


def test_nothing_in_the_guide_goes_untested() -> None:
    tested = {section: set(paths) for section, _mode, paths in MODES}
    told = {section: set(paths_in(policy)) for section, policy in POLICIES.items()}
    others = {"Dynamic credentials", "Namespaces", "The token itself"}

    assert told.keys() - tested.keys() == others
    assert tested == {section: paths for section, paths in told.items() if section not in others}


# -- what the guide says beside the policies ------------------------------------------------------


def test_a_new_version_takes_more_than_noticing_changes(shop: Shop) -> None:
    token = token_with(shop.bao, POLICIES[NOTICE])
    notice(shop, token)
    shop.world.put("shop/db", password="two")

    for check in (True, False):
        with pytest.raises(SourceError) as raised:
            rotate(shop, token, REQUEST, check=check)
        assert DATA in str(raised.value)


def test_hashes_of_what_has_not_changed_take_metadata_alone(shop: Shop) -> None:
    first = hashes(shop, token_with(shop.bao, POLICIES["Hashes"]))

    again = hashes(shop, token_with(shop.bao, POLICIES[NOTICE]), previous=first)

    assert [one["differs"] for one in again] == [False]


def test_states_that_read_nothing_take_no_policy_and_no_vault(shop: Shop) -> None:
    shop.world.rotate(REQUEST)
    shop.world.put("shop/db", password="two")
    shop.world.rotate(REQUEST)
    login = {"vault_token": "no-such-token", "vault_url": "https://127.0.0.1:1"}

    back = shop.rotate(REQUEST, state="rolled_back", login=login)
    absent = shop.rotate(REQUEST, state="absent", login=login)

    assert [secret.action for secret in (*back.secrets, *absent.secrets)] == [
        "rolled_back",
        "removed",
    ]


# -- leases ---------------------------------------------------------------------------------------


def test_dynamic_credentials_are_rotated_and_removed_with_exactly_the_policy_of_the_guide(
    shop: Shop,
) -> None:
    token = token_with(shop.bao, POLICIES["Dynamic credentials"], default=True, ttl="2h")
    assert rotate(shop, token, *credential()) == ["created", "created"]
    shop.age()
    assert rotate(shop, token, *credential()) == ["rotated", "rotated"]
    assert len(shop.made()) == 1

    assert rotate(shop, token, *credential(), state="absent") == ["removed", "removed"]

    assert shop.made() == []


def test_that_policy_does_not_end_other_leases(shop: Shop) -> None:
    token = token_with(shop.bao, POLICIES["Dynamic credentials"])
    other = "database/creds/other/x"
    with connect(shop.world.vault_options(vault_token=token)) as reader:
        refused = reader.revoke([other])[other]

    assert REVOKE in str(refused)


def test_without_the_right_to_read_them_no_credentials_are_made(shop: Shop) -> None:
    policy = without(POLICIES["Dynamic credentials"], "database/creds/shop")

    with pytest.raises(SourceError) as raised:
        rotate(shop, token_with(shop.bao, policy), *credential())

    assert 'path "database/creds/shop" { capabilities = ["read"] }' in str(raised.value)
    assert shop.made() == []


def test_without_the_right_to_end_leases_a_rotation_warns_and_removal_keeps_the_version(
    shop: Shop,
) -> None:
    policy = without(POLICIES["Dynamic credentials"], "sys/leases/revoke")
    login = {"vault_token": token_with(shop.bao, policy, default=True, ttl="2h")}
    shop.rotate(*credential(), login=login)
    shop.age()

    rotated = shop.rotate(*credential(), login=login)
    absent = shop.rotate(*credential(), login=login, state="absent")

    assert [secret.action for secret in rotated.secrets] == ["rotated", "rotated"]
    assert REVOKE in " ".join(rotated.warnings)
    assert REVOKE in f"{absent.message} {' '.join(absent.warnings)}"
    assert len(shop.made()) == 2
    assert "db_user_v2" in shop.world.names()


def test_a_token_without_the_default_policy_needs_what_the_guide_lists_to_outlive_a_run(
    shop: Shop,
) -> None:
    policy = POLICIES["Dynamic credentials"] + POLICIES["The token itself"]
    shop.bao.policy("outliving", policy)
    role_id, secret_id = shop.bao.approle(
        "outliving",
        ["outliving"],
        token_no_default_policy=True,
        token_ttl="10m",
        token_max_ttl="2h",
    )
    login = {"vault_auth_method": "approle", "vault_role_id": role_id, "vault_secret_id": secret_id}

    report = shop.rotate(*credential(), login=login)

    assert [secret.action for secret in report.secrets] == ["created", "created"]
    # Otherwise the credential would end with its token, after ten minutes.
    assert report.warnings == ()


# -- namespaces -----------------------------------------------------------------------------------


@pytest.fixture
def team(shop: Shop) -> t.Iterator[t.Any]:
    """A client in a namespace with a secret of its own."""
    root = shop.bao.client()
    root.delete("sys/namespaces/team")  # one may be left by a run that was broken off
    # Removing one goes on in the background, and there is none of that name until it is done.
    wait_for(
        "the namespace to be there",
        lambda: root.write("sys/namespaces/team"),
        timeout=DEADLINE,
        ignore=(hvac.exceptions.VaultError,),
    )
    inside = shop.bao.client()
    inside.adapter.namespace = "team"
    inside.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
    kv = inside.secrets.kv.v2
    # A fresh mount upgrades itself in the background and refuses writes meanwhile.
    wait_for(
        "the mount of the namespace to take writes",
        lambda: kv.create_or_update_secret("shop/db", secret={"password": "of the team"}),
        timeout=DEADLINE,
        ignore=(hvac.exceptions.VaultError,),
    )
    yield inside
    root.delete("sys/namespaces/team")


def test_a_token_of_a_namespace_takes_the_policies_as_they_are(shop: Shop, team: t.Any) -> None:
    team.sys.create_or_update_policy("rotate", POLICIES[ROTATE])
    made = team.auth.token.create(policies=["rotate"], no_default_policy=True)
    login = {"vault_token": made["auth"]["client_token"], "vault_namespace": "team"}

    report = shop.rotate(REQUEST, login=login)

    assert [secret.action for secret in report.secrets] == ["created"]


@pytest.mark.usefixtures("team")
def test_a_token_of_the_namespace_above_takes_them_with_the_namespace_in_front(
    shop: Shop,
) -> None:
    policy = POLICIES["Namespaces"]
    login = {"vault_token": token_with(shop.bao, policy), "vault_namespace": "team"}
    report = shop.rotate(REQUEST, login=login)
    assert [secret.action for secret in report.secrets] == ["created"]

    for path, missing in {
        "team/secret/metadata/shop/*": METADATA,
        "team/secret/data/shop/*": DATA,
    }.items():
        token = token_with(shop.bao, without(policy, path))
        report = shop.rotate(
            SecretRequest("other", source=REQUEST.source),
            login={"vault_token": token, "vault_namespace": "team"},
        )
        assert report.failed
        assert missing in report.message
