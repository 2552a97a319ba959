# SPDX-License-Identifier: GPL-3.0-or-later
"""Values and versions, read from a real server by as few requests as there are paths."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)

from tests.e2e.vault.front import Front, forward
from tests.e2e.vault.support import Calls, problem, value_of, version_of

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.reader import (
        VaultReader,
    )

    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open


def test_kv2_gives_the_current_version_and_its_value(bao: OpenBao, reader: VaultReader) -> None:
    source = VaultSource("reading/current")
    bao.put("reading/current", password="one")
    assert version_of(reader, source).number == 1
    bao.put("reading/current", password="two")
    version = version_of(reader, source)
    assert version.number == 2
    assert version.created_time is not None
    assert version.created_time.startswith("20")
    assert value_of(reader, source) == b"two"


def test_kv2_data_is_that_of_the_version_that_was_planned(
    bao: OpenBao, reader: VaultReader
) -> None:
    source = VaultSource("reading/raced")
    bao.put("reading/raced", password="planned")
    version = version_of(reader, source)
    bao.put("reading/raced", password="written meanwhile")
    value = reader.values({source: version})[source]
    assert isinstance(value, SourceValue)
    assert (value.value.reveal(), value.version) == (b"planned", version)


def test_kv2_stays_at_a_pinned_version(bao: OpenBao, reader: VaultReader) -> None:
    for text in ("one", "two"):
        bao.put("reading/pinned", password=text)
    assert value_of(reader, VaultSource("reading/pinned", version=1)) == b"one"


def test_versions_need_no_right_to_read_data(bao: OpenBao, open_reader: Open) -> None:
    bao.put("reading/least", password="x")
    bao.policy("only-metadata", 'path "secret/metadata/reading/*" { capabilities = ["read"] }')
    token = bao.token(["only-metadata"], no_default_policy=True)
    assert version_of(open_reader(vault_token=token), VaultSource("reading/least")).number == 1


def test_reads_of_one_path_are_shared(bao: OpenBao, open_reader: Open) -> None:
    bao.put("reading/shared", user="u", password="p")
    bao.put("reading/other", x="y")
    calls = Calls()
    reader = open_reader(calls)
    sources = [
        VaultSource("reading/shared", "user"),
        VaultSource("/reading/shared/", "password", mount="/secret/"),
        VaultSource("reading/shared", format="json"),
        VaultSource("reading/other"),
    ]
    versions = {
        source: version
        for source, version in reader.versions(sources).items()
        if isinstance(version, SourceVersion)
    }
    assert sorted(calls) == [
        "GET secret/metadata/reading/other",
        "GET secret/metadata/reading/shared",
    ]
    calls.clear()
    values = reader.values(versions)
    assert sorted(calls) == ["GET secret/data/reading/other", "GET secret/data/reading/shared"]
    assert [t.cast("SourceValue", values[s]).value.reveal() for s in sources] == [
        b"u",
        b"p",
        b'{"password":"p","user":"u"}',
        b"y",
    ]


def test_two_versions_of_one_path_are_two_reads_of_data_and_one_of_metadata(
    bao: OpenBao, open_reader: Open
) -> None:
    for text in ("one", "two"):
        bao.put("reading/both", password=text)
    calls = Calls()
    reader = open_reader(calls)
    sources = [VaultSource("reading/both", version=1), VaultSource("reading/both")]
    versions = reader.versions(sources)
    assert calls == ["GET secret/metadata/reading/both"]
    values = reader.values(t.cast("dict[VaultSource, SourceVersion]", versions))
    assert [t.cast("SourceValue", values[s]).value.reveal() for s in sources] == [b"one", b"two"]


def test_a_hundred_paths_are_a_hundred_requests(bao: OpenBao, open_reader: Open) -> None:
    for number in range(100):
        bao.put(f"reading/many/{number}", x=str(number))
    calls = Calls()
    sources = [VaultSource(f"reading/many/{number}") for number in range(100)]
    versions = open_reader(calls).versions(sources)
    assert len(calls) == 100
    assert set(versions) == set(sources)
    assert all(isinstance(v, SourceVersion) and v.number == 1 for v in versions.values())


def test_kv1_has_no_versions_and_needs_no_request_to_say_so(
    bao: OpenBao, open_reader: Open
) -> None:
    bao.put("app", mount="kv1", password="x", port=5432)
    calls = Calls()
    reader = open_reader(calls)
    source = VaultSource("app", "port", mount="kv1", engine="kv1")
    assert version_of(reader, source) == SourceVersion(None)
    assert calls == []
    assert value_of(reader, source) == b"5432"


def test_any_other_path_can_be_read(bao: OpenBao, reader: VaultReader) -> None:
    bao.put("any/path", mount="kv1", answer="42")
    assert value_of(reader, VaultSource("kv1/any/path", engine="read")) == b"42"


def test_a_mount_may_lie_deep(bao: OpenBao, reader: VaultReader) -> None:
    bao.put("shop/db", mount="team/apps/kv", password="deep")
    assert value_of(reader, VaultSource("shop/db", mount="team/apps/kv")) == b"deep"


@pytest.mark.parametrize("path", ["with blank", "ünï", "100%25", "what?x=1#y", "a+b&c", "..dots.."])
def test_odd_names_arrive_as_they_are(bao: OpenBao, reader: VaultReader, path: str) -> None:
    bao.put(f"odd/{path}", name=path)
    assert path in bao.client().secrets.kv.v2.list_secrets("odd")["data"]["keys"]
    assert value_of(reader, VaultSource(f"odd/{path}")) == path.encode()


def test_a_path_cannot_reach_beyond_its_mount(open_reader: Open) -> None:
    calls = Calls()
    source = VaultSource("../../kv1/app", "x")
    assert isinstance(problem(open_reader(calls), source), InputError)
    assert calls == []


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (VaultSource("x", engine="kv3"), "vault_engine 'kv3'"),
        (VaultSource("x", format="yaml"), "vault_format 'yaml'"),
    ],
)
def test_unknown_words_are_refused_for_their_source_alone(
    bao: OpenBao, reader: VaultReader, source: VaultSource, named: str
) -> None:
    good = VaultSource("reading/fine")
    bao.put("reading/fine", x="y")
    results = reader.versions([source, good])
    assert isinstance(results[source], InputError)
    assert named in str(results[source])
    assert isinstance(results[good], SourceVersion)
    values = reader.values({source: SourceVersion(1), good: SourceVersion(1)})
    assert isinstance(values[source], InputError)
    assert isinstance(values[good], SourceValue)


def test_vault_may_stand_behind_a_path_of_a_proxy(bao: OpenBao, open_reader: Open) -> None:
    bao.put("reading/proxied", x="y")
    with Front(forward(bao.url, bao.ca_cert, "/some/vault")).running() as front:
        reader = open_reader(vault_url=f"{front.url}/some/vault/")
        assert value_of(reader, VaultSource("reading/proxied")) == b"y"
        assert front.requests[0] == "GET /some/vault/v1/secret/metadata/reading/proxied"


def test_namespaces(bao: OpenBao, open_reader: Open) -> None:
    root = bao.client()
    root.write_data("sys/namespaces/team1", data={})
    team = bao.client()
    team.adapter.namespace = "team1"
    team.sys.enable_secrets_engine("kv", path="kv", options={"version": "1"})
    team.secrets.kv.v1.create_or_update_secret("app", {"x": "of team1"}, mount_point="kv")
    source = VaultSource("app", mount="kv", engine="kv1")
    assert value_of(open_reader(vault_namespace="/team1/"), source) == b"of team1"
    error = problem(open_reader(vault_namespace="nobody"), source)
    assert "has no namespace nobody" in str(error)
