# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hashes of values on a real server, with as few reads as there have to be."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    InputError,
    SourceError,
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.hash_secrets import (
    hash_secrets,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.previous import (
    read_previous,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.request import HashRequest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.e2e.vault.support import CANARY, Calls, everything_shown, options_for

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.report import (
        HashReport,
    )

    from testbed import OpenBao

KEY = SecretValue(b"a key of enough bytes")
ONLY_METADATA = 'path "secret/metadata/hashing/*" { capabilities = ["read"] }'


class Hashing:
    """Runs against one server; the requests of the last one are in ``calls``."""

    def __init__(self, bao: OpenBao) -> None:
        self._bao = bao
        self.calls = Calls()
        self.options: dict[str, t.Any] = {}

    def run(
        self,
        *paths: str,
        previous: object = None,
        sources: dict[str, VaultSource] | None = None,
        **more: t.Any,
    ) -> HashReport:
        """Hash the values at paths, or at sources."""
        wanted = sources or {path: VaultSource(path) for path in paths}
        given = {"hash_key": KEY, **more}
        request = HashRequest(wanted, previous=read_previous(previous), **given)
        self.calls = Calls()
        options = options_for(self._bao, **self.options)
        with connect(options, hook=self.calls) as reader:
            return hash_secrets(request, reader)

    def problem(self, *paths: str, **more: t.Any) -> Exception:
        """Return why that cannot be done, and make sure that nothing secret is in there."""
        with pytest.raises((InputError, SourceError)) as caught:
            self.run(*paths, **more)
        assert CANARY not in everything_shown(caught.value)
        return caught.value


@pytest.fixture
def hashing(bao: OpenBao) -> Hashing:
    return Hashing(bao)


def kept(report: HashReport) -> list[dict[str, t.Any]]:
    """Return what a playbook keeps."""
    return t.cast("list[dict[str, t.Any]]", report.as_dict()["hashes"])


def differing(report: HashReport) -> dict[str, bool | None]:
    return {entry.name: entry.differs for entry in report.hashes}


def metadata(*paths: str) -> list[str]:
    return [f"GET secret/metadata/{path}" for path in paths]


def data(*paths: str) -> list[str]:
    return [f"GET secret/data/{path}" for path in paths]


def test_a_hash_is_an_hmac_of_the_value_with_its_version(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/first", password=CANARY)
    report = hashing.run("hashing/first")
    (entry,) = report.hashes
    assert entry.hash.endswith(hmac.new(KEY.reveal(), CANARY.encode(), hashlib.sha256).hexdigest())
    assert (entry.name, entry.version, entry.source) == (
        "hashing/first",
        1,
        "kv2:secret/hashing/first",
    )
    assert entry.created_time is not None
    assert report.as_dict()["differs"] is report.as_dict()["changed"] is False
    assert "differs" not in kept(report)[0]
    assert CANARY not in repr(report)


def test_custom_metadata_is_told_without_a_request_of_its_own(
    bao: OpenBao, hashing: Hashing
) -> None:
    bao.put("hashing/noted", password="x")
    bao.client().secrets.kv.v2.update_metadata("hashing/noted", custom_metadata={"owner": "shop"})
    assert kept(hashing.run("hashing/noted"))[0]["custom_metadata"] == {"owner": "shop"}
    assert len(hashing.calls) == 2


def test_what_has_its_version_still_is_not_read(bao: OpenBao, hashing: Hashing) -> None:
    paths = ("hashing/same", "hashing/moves")
    for path in paths:
        bao.put(path, password="one")
    first = kept(hashing.run(*paths))
    bao.put("hashing/moves", password="two")

    for previous in (first, {entry["name"]: entry for entry in first}):
        report = hashing.run(*paths, previous=previous)
        assert hashing.calls == [*metadata(*paths), *data("hashing/moves")]
        assert differing(report) == {"hashing/same": False, "hashing/moves": True}
        assert report.as_dict()["differs"] is True
        assert report.message == (
            "Hashes: 2, of which 1 were known from the metadata; 1 differ (hashing/moves)."
        )


def test_a_run_that_finds_nothing_new_needs_no_right_to_read_data(
    bao: OpenBao, hashing: Hashing
) -> None:
    bao.put("hashing/least", password="x")
    first = kept(hashing.run("hashing/least"))
    bao.policy("hashing", ONLY_METADATA)
    hashing.options = {"vault_token": bao.token(["hashing"])}
    assert differing(hashing.run("hashing/least", previous=first)) == {"hashing/least": False}
    assert 'path "secret/data/hashing/least"' in str(hashing.problem("hashing/least"))


def test_an_earlier_hash_alone_is_compared_with_the_value(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/alone", password="one")
    first = {entry["name"]: entry["hash"] for entry in kept(hashing.run("hashing/alone"))}
    for value, differs in (("one", False), ("two", True)):
        bao.put("hashing/alone", password=value)
        report = hashing.run("hashing/alone", previous=first)
        assert hashing.calls == [*metadata("hashing/alone"), *data("hashing/alone")]
        assert differing(report) == {"hashing/alone": differs}


def test_the_same_value_in_a_new_version_does_not_differ(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/again", password="one")
    first = kept(hashing.run("hashing/again"))
    bao.put("hashing/again", password="one")
    (entry,) = hashing.run("hashing/again", previous=first).hashes
    assert (entry.differs, entry.version) == (False, 2)


def test_a_path_that_was_removed_and_written_anew_is_read(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/anew", password="one")
    first = kept(hashing.run("hashing/anew"))
    bao.client().secrets.kv.v2.delete_metadata_and_all_versions("hashing/anew")
    bao.put("hashing/anew", password="two")
    (entry,) = hashing.run("hashing/anew", previous=first).hashes
    assert (entry.differs, entry.version) == (True, first[0]["version"])


@pytest.mark.parametrize("missing", ["version", "created_time"])
def test_an_entry_without_version_or_time_spares_no_read(
    bao: OpenBao, hashing: Hashing, missing: str
) -> None:
    bao.put("hashing/part", password="one")
    (entry,) = kept(hashing.run("hashing/part"))
    hashing.run("hashing/part", previous=[{**entry, missing: None}])
    assert hashing.calls == [*metadata("hashing/part"), *data("hashing/part")]


def test_a_name_that_now_stands_for_another_field_is_read(bao: OpenBao, hashing: Hashing) -> None:
    """Both fields have the version and the time of their path."""
    bao.put("hashing/fields", user="u", password="p")
    source = VaultSource("hashing/fields", "user")
    first = kept(hashing.run(sources={"login": source}))
    moved = dataclasses.replace(source, field="password")
    assert differing(hashing.run(sources={"login": moved}, previous=first)) == {"login": True}
    assert hashing.calls[-1:] == data("hashing/fields")
    as_json = dataclasses.replace(source, format="json")
    assert differing(hashing.run(sources={"login": as_json}, previous=first)) == {"login": True}


def test_fields_of_one_path_share_its_reads(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/shared", user="u", password="p")
    sources = {
        "user": VaultSource("hashing/shared", "user"),
        "password": VaultSource("hashing/shared", "password"),
        "again": VaultSource("hashing/shared", "password"),
    }
    user, password, again = hashing.run(sources=sources).hashes
    assert hashing.calls == [*metadata("hashing/shared"), *data("hashing/shared")]
    assert user.hash != password.hash == again.hash


def test_a_pinned_version_stays_what_it_is(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/pinned", password="one")
    sources = {"pinned": VaultSource("hashing/pinned", version=1)}
    first = kept(hashing.run(sources=sources))
    bao.put("hashing/pinned", password="two")
    assert differing(hashing.run(sources=sources, previous=first)) == {"pinned": False}
    assert hashing.calls == metadata("hashing/pinned")


@pytest.mark.parametrize(
    "source",
    [VaultSource("hashing", mount="kv1", engine="kv1"), VaultSource("kv1/hashing", engine="read")],
)
def test_engines_without_versions_are_read_in_every_run(
    bao: OpenBao, hashing: Hashing, source: VaultSource
) -> None:
    bao.put("hashing", mount="kv1", password="one")
    first = kept(hashing.run(sources={"old": source}))
    assert (first[0]["version"], first[0]["created_time"]) == (None, None)
    assert differing(hashing.run(sources={"old": source}, previous=first)) == {"old": False}
    assert hashing.calls == ["GET kv1/hashing"]
    bao.put("hashing", mount="kv1", password="two")
    assert differing(hashing.run(sources={"old": source}, previous=first)) == {"old": True}


def test_names_that_are_not_asked_for_are_ignored(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/known", password="x")
    report = hashing.run("hashing/known", previous={"elsewhere": "not even a hash"})
    assert differing(report) == {"hashing/known": None}
    assert report.as_dict()["differs"] is False


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"hash_key": SecretValue(b"another long key")}, "was made with another hash_key"),
        ({"algorithm": "sha256"}, "was made with the algorithm hmac-sha256, but this run uses"),
    ],
)
def test_hashes_made_in_another_way_are_refused_before_anything_is_read(
    bao: OpenBao, hashing: Hashing, more: dict[str, t.Any], said: str
) -> None:
    for path in ("hashing/a", "hashing/b"):
        bao.put(path, password="x")
    first = kept(hashing.run("hashing/a", "hashing/b"))
    error = hashing.problem("hashing/a", "hashing/b", previous=first, **more)
    assert isinstance(error, InputError)
    assert f"that of hashing/a, hashing/b {said}" in error.message
    assert "leave previous out once" in error.remedy
    assert hashing.calls == []


@pytest.mark.case("V17")
def test_a_short_key_is_refused_before_anything_is_read(hashing: Hashing) -> None:
    error = hashing.problem("hashing/a", hash_key=SecretValue(b"k"))
    assert isinstance(error, InputError)
    assert "hash_key has 1 byte, but must have at least 16" in error.message
    assert "openssl rand -base64 32" in error.remedy
    assert hashing.calls == []


def test_bare_digests_are_made_when_asked_for(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/bare", password="one")
    first = kept(hashing.run("hashing/bare", algorithm="sha256", hash_key=None))
    assert first[0]["hash"] == f"sha256${hashlib.sha256(b'one').hexdigest()}"
    again = hashing.run("hashing/bare", algorithm="sha256", hash_key=None, previous=first)
    assert differing(again) == {"hashing/bare": False}


@pytest.mark.case("V14")
def test_bytes_are_hashed_whatever_lines_their_base64_has(bao: OpenBao, hashing: Hashing) -> None:
    binary = bytes(range(256))
    source = VaultSource("hashing/bytes", format="base64")
    bao.put("hashing/bytes", jks=base64.encodebytes(binary).decode())
    first = kept(hashing.run(sources={"jks": source}))
    assert first[0]["hash"].endswith(hmac.new(KEY.reveal(), binary, hashlib.sha256).hexdigest())
    assert first[0]["source"] == "kv2:secret/hashing/bytes (base64)"

    bao.put("hashing/bytes", jks=base64.b64encode(binary).decode())
    again = hashing.run(sources={"jks": source}, previous=first)
    assert differing(again) == {"jks": False}

    bao.put("hashing/bytes", jks=CANARY)
    error = hashing.problem(sources={"jks": source})
    assert "jks: The value of field 'jks' of secret/hashing/bytes is not base64" in str(error)


@pytest.mark.case("V13")
def test_null_has_no_hash(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/null", password=None)
    error = hashing.problem("hashing/null")
    assert "field 'password' of secret/hashing/null is null" in str(error)


@pytest.mark.case("V10")
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (VaultSource("x", mount="kv1", engine="kv1", version=1), "vault_version goes with"),
        (VaultSource("kv1/x", engine="read", version=1), "vault_version goes with"),
        (VaultSource("hashing/good", params='{"ttl": "1h"}'), "vault_params goes with"),
        (VaultSource("x", engine="read", mount="kv1"), "such as kv1/x"),
    ],
)
def test_what_would_be_ignored_is_refused_before_anything_is_read(
    hashing: Hashing, source: VaultSource, said: str
) -> None:
    error = hashing.problem(sources={"good": VaultSource("hashing/good"), "odd": source})
    assert isinstance(error, InputError)
    assert error.message.startswith("Nothing was read: odd: ")
    assert said in error.message
    assert hashing.calls == []


def test_all_that_cannot_be_read_is_named_at_once(bao: OpenBao, hashing: Hashing) -> None:
    bao.put("hashing/good", password=CANARY)
    bao.put("hashing/several", a=CANARY, b=CANARY)
    error = hashing.problem("hashing/good", "hashing/none", "hashing/nothing")
    assert "hashing/none: " in str(error)
    assert "hashing/nothing: " in str(error)
    assert "hashing/good" not in str(error)
    error = hashing.problem("hashing/good", "hashing/several")
    assert "hashing/several: secret/hashing/several has several fields in Vault: a, b" in str(error)


def test_an_outage_is_told_once_for_all(bao: OpenBao, hashing: Hashing) -> None:
    bao.seal()
    try:
        error = hashing.problem("hashing/a", "hashing/b")
    finally:
        bao.unseal()
    assert isinstance(error, SourceUnreachableError)
    assert str(error).startswith("hashing/a, hashing/b: Vault at ")
    assert str(error).count("is sealed") == 1


def test_nothing_to_do_is_refused(hashing: Hashing) -> None:
    assert "secrets is empty" in str(hashing.problem())


def test_certificates_are_refused_before_anything_is_read(hashing: Hashing) -> None:
    sources = {
        "web": VaultSource("pki/issue/web", "certificate", engine="pki"),
        "db": VaultSource("hashing/a"),
    }
    error = hashing.problem(sources=sources)
    assert "Each read of web (pki/issue/web) issues a new certificate" in str(error)
    assert "swarm_secret_rotate" in str(error)
    assert hashing.calls == []
