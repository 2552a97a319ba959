# SPDX-License-Identifier: GPL-3.0-or-later
"""Every type of value reaches a task as its labels say, from each engine."""

from __future__ import annotations

import base64
import json
import typing as t

import hvac.exceptions
import pytest
from swarmvault_core._common.errors import SourceError

from testbed.waiting import wait_for
from tests.e2e.secretprovider.support import CANARY, Credentials, Open, old, request, value
from tests.e2e.vault.support import everything_shown

if t.TYPE_CHECKING:
    from swarmvault_secretprovider.protocol import SecretRequest
    from swarmvault_secretprovider.provider import Provider

    from testbed import OpenBao


@pytest.fixture(autouse=True, scope="module")
def _values(bao: OpenBao) -> None:
    bao.put("shop_api/shop_db", value="usual", other="x")
    bao.put("multi", a="one", b="two")
    bao.put("multi", a="uno", b="dos")
    bao.put("only", password="s3cret")
    bao.put("file", data=base64.b64encode(b"\0\xff").decode())
    bao.put("shop_db", value="of the old plugin", number=1.5)
    bao.put("app", mount="kv1", value="first version")
    for service in ("shop_api",):
        bao.policy(service, 'path "secret/data/*" { capabilities = ["read"] }')


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, b"usual"),
        ({"vault_path": "multi", "vault_field": "a"}, b"uno"),
        ({"vault_path": "secret/data/multi", "vault_field": "a"}, b"uno"),
        ({"openbao_path": "multi", "openbao_field": "b"}, b"dos"),
        ({"vault_path": "multi", "vault_field": "a", "vault_version": "1"}, b"one"),
        ({"vault_path": "multi", "vault_format": "json"}, b'{"a":"uno","b":"dos"}'),
        ({"vault_path": "only"}, b"s3cret"),
        ({"vault_path": "file", "vault_format": "base64"}, b"\0\xff"),
        ({"vault_path": "app", "vault_mount": "kv1", "vault_engine": "kv1"}, b"first version"),
        ({"vault_path": "kv1/app", "vault_engine": "read"}, b"first version"),
        (old(path="secret/data/multi", field="b"), b"dos"),
        (old(path="secret/data/multi", json="true", version="1"), b'{"a":"one","b":"two"}'),
        (old(field="value"), b"of the old plugin"),
        (old(format="json", field="number"), b"1.5"),
    ],
)  # fmt: skip
def test_labels_say_which_value(
    provider: Provider, labels: dict[str, str], expected: bytes
) -> None:
    answer = provider.get_secret(request(labels=labels))
    assert answer.value.reveal() == expected
    assert (answer.origin, answer.age) == ("vault", None)
    assert answer.path


@pytest.mark.parametrize("labels", [{"vault_path": "multi", "vault_format": "meta+json"},
                                    old(path="secret/data/multi", format="meta+json")])  # fmt: skip
def test_metadata_comes_as_vaults_own_client_has_it(
    provider: Provider, labels: dict[str, str]
) -> None:
    found = json.loads(value(provider, labels=labels))
    assert found["data"]["data"] == {"a": "uno", "b": "dos"}
    assert found["data"]["metadata"]["version"] == 2
    assert {"request_id", "lease_id", "lease_duration", "renewable"} < found.keys()


WITH_PATH = {"vault_path": "multi", "vault_field": "a"}


@pytest.mark.parametrize(
    ("options", "labels", "shared"),
    [
        ({}, WITH_PATH, True),
        ({}, {}, False),  # at a path that has the name of the service in it
        ({}, old(path="secret/data/multi", field="b"), False),  # with the policy of the service
        ({"allowed_paths": ("secret/multi",)}, WITH_PATH, True),
        ({"allowed_paths": ("secret/{secret}/x", "secret/*")}, WITH_PATH, True),
        ({"allowed_paths": ("secret/{stack}",)}, WITH_PATH, False),
        ({"allowed_paths": ("secret/{service}",)}, WITH_PATH, False),
        ({"allowed_paths": ("secret/{stack}",)}, {**WITH_PATH, "vault_reuse": "true"}, True),
        ({"task_policies": ("shop_api",)}, WITH_PATH, True),
        ({"task_policies": ("{service}",)}, WITH_PATH, False),
    ],
)  # fmt: skip
def test_the_engine_shares_only_what_any_service_may_have(
    open_provider: Open, options: dict[str, t.Any], labels: dict[str, str], shared: bool
) -> None:
    """What it shares, it also hands to a service that the plugin refuses it, on the same node."""
    provider = open_provider(**options)
    name = "multi" if "allowed_paths" in options else "shop_api"
    answer = provider.get_secret(
        request(labels=labels, stack=name, service=name if name == "multi" else "shop_api")
    )
    assert answer.do_not_reuse is not shared


@pytest.mark.parametrize(
    ("labels", "reuse"),
    [
        ({"vault_reuse": "false"}, False),
        ({"secret_reuse": "true"}, True),
        ({"vault_path": "pki/issue/web", "vault_engine": "pki", "vault_field": "certificate",
          "vault_params": '{"common_name": "a"}', "vault_reuse": "true"}, True),
    ],
)  # fmt: skip
def test_reuse_is_as_the_label_says(
    provider: Provider, labels: dict[str, str], reuse: bool
) -> None:
    assert provider.get_secret(request(labels=labels)).do_not_reuse is not reuse


def unwrapped(bao: OpenBao, token: bytes) -> dict[str, t.Any]:
    answer = bao.client(token.decode()).sys.unwrap()
    return dict(answer["data"])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (old(wrap="true"), {"value": "of the old plugin", "number": 1.5}),
        (old(wrap="60s", field="number"), {"value": "of the old plugin", "number": 1.5}),
        ({"vault_path": "multi", "vault_field": "a", "vault_wrap": "true"}, {"a": "uno"}),
        ({"vault_path": "only", "vault_wrap": "true"}, {"password": "s3cret"}),
        ({"vault_path": "multi", "vault_format": "json", "vault_wrap": "1m"},
         {"a": "uno", "b": "dos"}),
    ],
)  # fmt: skip
def test_a_wrapped_value_is_each_tasks_own_and_unwrapped_once(
    bao: OpenBao, provider: Provider, labels: dict[str, str], expected: dict[str, t.Any]
) -> None:
    answers = [provider.get_secret(request(labels=labels)) for _task in range(2)]
    assert [one.do_not_reuse for one in answers] == [True, True]
    tokens = [one.value.reveal() for one in answers]
    assert len(set(tokens)) == 2
    for token in tokens:
        assert unwrapped(bao, token) == expected
        with pytest.raises(hvac.exceptions.VaultError):
            unwrapped(bao, token)


def test_wrapping_lasts_as_long_as_the_label_says(bao: OpenBao, provider: Provider) -> None:
    for label, seconds in (("true", 300), ("90s", 90)):
        token = value(provider, vault_path="only", vault_wrap=label).decode()
        looked = bao.client().write_data("sys/wrapping/lookup", data={"token": token})
        assert looked["data"]["creation_ttl"] == seconds


LEASED = {"vault_path": "pki/issue/leased", "vault_engine": "pki", "vault_format": "json",
          "vault_params": '{"common_name": "app"}'}  # fmt: skip
ISSUED = {**LEASED, "vault_path": "pki/issue/web"}


@pytest.mark.parametrize("labels", [LEASED, ISSUED], ids=["leased", "issued"])
def test_each_task_has_a_certificate_of_its_own(provider: Provider, labels: dict[str, str]) -> None:
    answers = [provider.get_secret(request(labels=labels)) for _task in range(2)]
    serials = {json.loads(one.value.reveal())["serial_number"] for one in answers}
    assert len(serials) == 2
    assert [one.do_not_reuse for one in answers] == [True, True]


def problem(provider: Provider, asked: SecretRequest) -> SourceError:
    with pytest.raises(SourceError) as caught:
        provider.get_secret(asked)
    assert CANARY not in everything_shown(caught.value)
    assert asked.secret_name in caught.value.message
    assert caught.value.remedy
    return caught.value


def test_no_field_is_guessed(bao: OpenBao, provider: Provider) -> None:
    bao.put("several", password=CANARY, user=f"{CANARY}-2")
    error = problem(provider, request(vault_path="several"))
    assert "password, user" in error.message
    error = problem(provider, request(vault_path="several", vault_field="pasword"))
    assert "'pasword'" in error.message
    assert "password, user" in error.message
    error = problem(provider, request(vault_path="several", vault_format="base64",
                                      vault_field="user"))  # fmt: skip
    assert "not base64" in error.message
    wrapped = request(vault_path="several", vault_wrap="true")
    assert "password, user" in problem(provider, wrapped).message


@pytest.mark.parametrize(
    "labels",
    [
        {"vault_path": "nowhere"},
        {"vault_path": "multi", "vault_field": "a", "vault_version": "9"},
        {"vault_path": "pki/issue/nobody", "vault_engine": "pki", "vault_format": "json"},
        {"vault_path": "x", "vault_mount": "kv9"},
        old(path="kv9/data/x"),
    ],
    ids=str,
)
def test_what_is_not_there_is_named(provider: Provider, labels: dict[str, str]) -> None:
    problem(provider, request(labels=labels))


def test_a_lease_that_nobody_gets_is_ended(bao: OpenBao, provider: Provider) -> None:
    names = ",".join(f"n{number:057}.example.org" for number in range(7000))
    params = json.dumps({"common_name": "a", "alt_names": names})
    before = leases(bao)
    error = problem(provider, request(labels={**LEASED, "vault_params": params}))
    assert "but a Swarm secret has 1 to 511,999" in error.message
    wait_for("the lease to end", lambda: leases(bao) == before, timeout=10)


def leases(bao: OpenBao) -> set[str]:
    try:
        listed = bao.client().list("sys/leases/lookup/pki/issue/leased")
    except hvac.exceptions.InvalidPath:
        return set()
    return set((listed or {"data": {"keys": []}})["data"]["keys"])


def test_a_vault_of_its_own_is_chosen_by_label(bao: OpenBao, open_provider: Open) -> None:
    nobody = Credentials(bao, "s.nobody")
    provider = open_provider(
        credentials=nobody, connections={"other": Credentials(bao, bao.root_token)}
    )
    assert value(provider, vault_path="only", vault_connection="other") == b"s3cret"
    assert "does not accept the token" in problem(provider, request(vault_path="only")).message
