# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate is asked for only where it can be had: asking is writing, and issues one."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    InputError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source_check import (
    source_problems,
)

from tests.e2e.support.authority import authority
from tests.e2e.vault.support import Calls

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

PARAMS = '{"common_name": "shop.example.org", "ttl": "24h"}'
WRITES = ("create", "update", "delete", "patch")


@pytest.fixture(autouse=True)
def _pki(world: World) -> t.Iterator[None]:
    with authority(world.vault):
        world.vault.clear_audit()
        yield


def certificate(path: str, field: str | None = "certificate", **more: t.Any) -> SecretRequest:
    """Return the request for a field of a certificate."""
    source = VaultSource(path, field, engine="pki", params=PARAMS, **more)
    return SecretRequest("tls.crt", source)


def written(world: World) -> list[str]:
    """Return the paths of engines that were written to since the log was cleared."""
    return [
        entry["request"]["path"]
        for entry in world.vault.audit_requests()
        if entry["request"]["operation"] in WRITES and "/issue/" in entry["request"]["path"]
    ]


@pytest.mark.case("V11")
@pytest.mark.parametrize(("mount", "kind"), [("kv1", "kv1"), ("secret", "kv2")])
def test_what_lies_at_a_path_of_another_engine_is_not_overwritten(
    world: World, mount: str, kind: str
) -> None:
    client = world.vault.client()
    api = f"{mount}/data/issue/web" if kind == "kv2" else f"{mount}/issue/web"
    kept = {"password": "precious"}
    client.write_data(api, data={"data": kept} if kind == "kv2" else kept)
    world.vault.clear_audit()

    report = world.rotate(certificate(f"{mount}/issue/web"))

    assert (report.failed, report.changed) == (True, False)
    said = report.message
    assert f"No certificate was asked for at {mount}/issue/web" in said
    assert f"the engine mounted at {mount} is {kind}, not pki" in said

    found = client.read(api)["data"]
    assert (found["data"] if kind == "kv2" else found) == kept
    assert written(world) == []
    assert world.names() == []


@pytest.mark.case("V11")
@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("certifcate", "a certificate has no field 'certifcate' at this path, it has certificate"),
        (None, "vault_field is missing, it must be one of certificate"),
    ],
)
def test_a_field_that_no_certificate_has_is_told_before_one_is_issued(
    world: World, field: str | None, said: str
) -> None:
    for _run in range(2):
        with pytest.raises(InputError, match=f"tls.crt: {said}"):
            world.rotate(certificate("pki/issue/web", field))

    labels = {"vault_path": "pki/issue/web", "vault_engine": "pki", "vault_params": PARAMS}
    world.secret("by_label", "made by hand", labels | ({"vault_field": field} if field else {}))
    found = world.rotate(discover=True, discover_paths=("pki/issue/web",))

    assert found.failed
    assert said in found.message
    assert not found.changed
    assert written(world) == []


@pytest.mark.case("V11")
def test_where_nothing_is_mounted_or_nothing_is_permitted_nothing_is_written(world: World) -> None:
    world.vault.put("issue/web", mount="kv1", password="precious")
    world.vault.policy("elsewhere", 'path "secret/*" { capabilities = ["read"] }')
    token = world.vault.token(["elsewhere"], no_default_policy=True)
    world.vault.clear_audit()

    for login, path in (({}, "nowhere/issue/web"), ({"vault_token": token}, "kv1/issue/web")):
        source = certificate(path).source
        assert source is not None
        calls = Calls()
        with connect(world.vault_options(**login), hook=calls) as reader:
            (version,) = reader.versions([source]).values()
            assert not isinstance(version, Exception)
            (refused,) = reader.values({source: version}).values()
        assert f"Vault does not let this token issue a certificate at {path}" in str(refused)
        assert calls == [f"GET sys/internal/ui/mounts/{path}"]


@pytest.mark.case("V11")
@pytest.mark.parametrize("path", ["pki/issue/web", "pki/sign/web"])
def test_the_fields_that_are_taken_for_granted_are_those_that_vault_gives(
    world: World, path: str
) -> None:
    client = world.vault.client()
    made = client.write("pki/issue/web", common_name="shop.example.org")["data"]
    if "/sign/" in path:
        key = {"common_name": "x", "key_type": "ec", "key_bits": 256}
        csr = client.write("pki/intermediate/generate/internal", **key)["data"]["csr"]
        made = client.write(path, common_name="shop.example.org", csr=csr)["data"]
    given = {
        field
        for field in (*made, "ca_chain", "fullchain", "private_key", "other")
        if not list(source_problems(VaultSource(path, field, engine="pki", params=PARAMS)))
    }
    # The last two are ours, whether Vault tells of a chain or not.
    assert given == {*made, "ca_chain", "fullchain"}


@pytest.mark.case("V14")
def test_a_certificate_can_be_had_as_der(world: World) -> None:
    params = '{"common_name": "shop.example.org", "format": "der"}'
    requests = [
        SecretRequest(
            name, VaultSource("pki/issue/web", field, engine="pki", params=params, format="base64")
        )
        for name, field in (("crt.der", "certificate"), ("key.der", "private_key"))
    ]
    world.rotate(*requests)

    world.service("web", {"crt.der": "crt.der_v1", "key.der": "key.der_v1"})
    for name in ("crt.der", "key.der"):
        assert len(world.shown("web", name)) == 1
    assert not world.rotate(*requests).changed
