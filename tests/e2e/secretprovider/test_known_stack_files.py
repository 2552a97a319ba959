# SPDX-License-Identifier: GPL-3.0-or-later
"""Stack files as the documentation of both older plugins writes them, with what their tasks get.

Those of sugar-org/swarm-external-secrets (readme.md, docs/multi-provider.md) and of
sirlatrom/docker-secretprovider-plugin-vault (docker-compose.yml).
"""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml

from tests.e2e.secretprovider.support import CANARY, Lines, Open, request

if t.TYPE_CHECKING:
    from swarmvault_secretprovider.answer import Answer

    from testbed import OpenBao

SUGAR = """
mysql_password: {vault_path: database/mysql, vault_field: password}
reused: {vault_path: database/mysql, vault_field: password, secret_reuse: "true"}
openbao_secret: {openbao_path: database/mysql, openbao_field: password}
app: {openbao_path: app/config, openbao_field: secret_key}
"""
PREFIX = "dk.almbrand.docker.plugin.secretprovider.vault."
SIRLATROM = f"""
demo_secret: {{}}
demo_wrapped: {{{PREFIX}wrap: "true"}}
demo_token: {{{PREFIX}type: vault_token}}
demo_a: {{{PREFIX}path: secret/data/multi-demo, {PREFIX}field: a}}
demo_b: {{{PREFIX}path: secret/data/multi-demo, {PREFIX}field: b}}
demo_json: {{{PREFIX}path: secret/data/multi-demo, {PREFIX}json: "true"}}
demo_json_1: {{{PREFIX}path: secret/data/multi-demo, {PREFIX}json: "true", {PREFIX}version: "1"}}
"""


@pytest.fixture(autouse=True, scope="module")
def _values(bao: OpenBao) -> None:
    bao.put("database/mysql", password=f"{CANARY}-mysql", user="app")
    bao.put("app/config", secret_key=f"{CANARY}-key", debug="no")
    bao.put("multi-demo", a="one", b="two")
    bao.put("multi-demo", a="uno", b="dos")
    bao.put("demo_secret", value=f"{CANARY}-usual")
    bao.put("demo_wrapped", value=f"{CANARY}-wrapped")
    bao.policy("demo_snitch", 'path "secret/data/*" { capabilities = ["read"] }')


@pytest.fixture
def answers(request: pytest.FixtureRequest, open_provider: Open) -> dict[str, Answer]:
    """What tasks of the service of each stack file get."""
    text, family = request.param
    provider = open_provider(plugin={"default_labels": family})
    return {
        name: provider.get_secret(asked_for(name, labels))
        for name, labels in yaml.safe_load(text).items()
    }


def asked_for(name: str, labels: t.Mapping[str, str]) -> t.Any:
    return request(name, service="demo_snitch", stack="demo", labels=labels)


@pytest.mark.parametrize("answers", [(SUGAR, "plain")], indirect=True, ids=["sugar-org"])
def test_the_stack_files_of_sugar_org(answers: dict[str, Answer]) -> None:
    password, key = f"{CANARY}-mysql".encode(), f"{CANARY}-key".encode()
    assert [one.value.reveal() for one in answers.values()] == [password] * 3 + [key]
    assert [one.do_not_reuse for one in answers.values()] == [False] * 4


@pytest.mark.parametrize("answers", [(SIRLATROM, "almbrand")], indirect=True, ids=["sirlatrom"])
def test_the_stack_file_of_sirlatrom(bao: OpenBao, answers: dict[str, Answer]) -> None:
    found = {name.removeprefix("demo_"): one.value.reveal() for name, one in answers.items()}
    wrapped, token = found.pop("wrapped").decode(), found.pop("token").decode()
    assert bao.client(wrapped).sys.unwrap()["data"]["value"] == f"{CANARY}-wrapped"
    assert "demo_snitch" in bao.client(token).auth.token.lookup_self()["data"]["policies"]
    assert found.pop("secret") == f"{CANARY}-usual".encode()
    assert json.loads(found.pop("json")) == {"a": "uno", "b": "dos"}
    assert json.loads(found.pop("json_1")) == {"a": "one", "b": "two"}
    assert found == {"a": b"uno", "b": b"dos"}


def test_no_value_shows_in_anything_that_could_be_logged(
    bao: OpenBao, open_provider: Open, log: Lines
) -> None:
    provider = open_provider(plugin={"default_labels": "almbrand"})
    asked = [
        *(asked_for(name, labels) for name, labels in yaml.safe_load(SUGAR).items()),
        *(asked_for(name, labels) for name, labels in yaml.safe_load(SIRLATROM).items()),
    ]
    shown = [repr(provider.get_secret(one)) for one in asked]
    cache = provider._cache
    fetcher = provider._fetchers["default"]
    shown += [repr(vars(one)) for one in (provider, cache, fetcher, fetcher._flights)]
    shown += [repr(one.result()) for _since, one in fetcher._flights._landed.values()]
    shown += log
    assert len(cache) > 3
    assert CANARY not in "".join(shown)
    assert bao.root_token not in "".join(shown)
