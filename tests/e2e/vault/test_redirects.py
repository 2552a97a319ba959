# SPDX-License-Identifier: GPL-3.0-or-later
"""A redirect is followed to a listed address only, so that no credential goes elsewhere."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    WrongAddressError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.e2e.vault.front import Behaviour, Front, Reply, always, forward
from tests.e2e.vault.support import CANARY, problem, version_of

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

pytestmark = pytest.mark.case("V8")

SOURCE = VaultSource("redirects/app")


@pytest.fixture(autouse=True)
def _secret(bao: OpenBao) -> None:
    bao.put("redirects/app", x="y")


def to(url: str, status: int = 307) -> Behaviour:
    """Redirect everything to the same path at another address."""

    def redirect(front: Front, method: str, path: str, *_: object) -> Reply:
        del front, method
        return Reply(status, headers={"Location": url + path})

    return redirect


def logins(bao: OpenBao) -> dict[str, dict[str, str]]:
    bao.policy("redirected", 'path "secret/*" { capabilities = ["read"] }')
    role_id, secret_id = bao.approle("redirected", ["redirected"])
    approle = {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }
    return {"token": {}, "approle": approle}


@pytest.mark.parametrize("login", ["token", "approle"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_credential_goes_to_an_address_that_is_not_listed(
    bao: OpenBao, open_reader: Open, status: int, login: str
) -> None:
    options = logins(bao)[login]
    with (
        Front(always(Reply(200, b"{}"))).running() as thief,
        Front(to(thief.url, status)).running() as front,
    ):
        error = problem(open_reader(vault_url=front.url, **options), SOURCE)
        assert thief.requests == []
        assert len(front.requests) == 1
    assert isinstance(error, WrongAddressError)
    assert f"redirects to {thief.url}, which vault_url does not list" in error.message
    assert "vault_url" in error.remedy


@pytest.mark.parametrize("login", ["token", "approle"])
def test_a_standby_that_redirects_to_a_listed_one_is_followed(
    bao: OpenBao, open_reader: Open, login: str
) -> None:
    options = logins(bao)[login]
    with Front(to(bao.url)).running() as front:
        # The body of a login has to arrive too.
        reader = open_reader(vault_url=[front.url, bao.url], **options)
        assert version_of(reader, SOURCE).number
        # The one that could serve is asked first from then on.
        assert version_of(reader, SOURCE).number
        assert len(front.requests) == 1


def test_the_path_prefix_of_a_listed_one_is_its_own(bao: OpenBao, open_reader: Open) -> None:
    behind = forward(bao.url, bao.ca_cert, prefix="/vault")
    with (
        Front(behind).running() as active,
        Front(to(active.url)).running() as standby,
    ):
        reader = open_reader(vault_url=[standby.url, f"{active.url}/vault"])
        assert version_of(reader, SOURCE).number


def test_a_token_is_never_sent_on_in_the_clear(bao: OpenBao, open_reader: Open) -> None:
    with (
        Front(always(Reply(200, b"{}"))).running() as clear,
        Front(to(clear.url), tls=bao.directory / "tls").running() as front,
    ):
        error = problem(open_reader(vault_url=front.url, vault_token=CANARY), SOURCE)
        assert clear.requests == []
    assert isinstance(error, WrongAddressError)
    assert "from https to http" in error.message


@pytest.mark.parametrize("location", ["/v1/again", "https://[", "", "ftp://127.0.0.1/x"])
def test_a_redirect_that_leads_nowhere(open_reader: Open, location: str) -> None:
    with Front(always(Reply(307, headers={"Location": location}))).running() as front:
        error = problem(open_reader(vault_url=front.url, vault_retries=0), SOURCE)
        assert len(front.requests) <= 4
    assert isinstance(error, WrongAddressError)
    assert "redirects" in str(error)


def test_redirects_in_a_circle(open_reader: Open) -> None:
    with (
        Front(always(None)).running() as one,
        Front(always(None)).running() as two,
    ):
        one.behaviour, two.behaviour = to(two.url), to(one.url)
        error = problem(open_reader(vault_url=[one.url, two.url], vault_retries=0), SOURCE)
        assert len(one.requests) + len(two.requests) <= 6
    assert "redirects" in str(error)
