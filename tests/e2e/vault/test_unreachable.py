# SPDX-License-Identifier: GPL-3.0-or-later
"""A Vault that is not there, not open, not trusted, or not Vault."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    InputError,
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    VaultUnreachableError,
    WrongAddressError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceVersion,
    VaultSource,
)
from cryptography.hazmat.primitives import serialization

from testbed.pki import Authority
from testbed.system import need, run
from tests.collection_path import COLLECTIONS
from tests.e2e.vault.front import Front, Reply, always, forward, silent
from tests.e2e.vault.support import CANARY, Calls, problem, version_of

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

SOURCE = VaultSource("unreachable/app")
MANY = [VaultSource(f"unreachable/{number}") for number in range(50)]
FAST = {"vault_retries": 0, "vault_token": CANARY}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_nobody_listens(open_reader: Open) -> None:
    calls = Calls()
    url = f"https://127.0.0.1:{free_port()}"
    reader = open_reader(calls, vault_url=url, **FAST)
    error = problem(reader, SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert error.message == f"Vault at {url} cannot be reached: connection refused."
    assert "vault_url" in error.remedy
    calls.clear()
    results = reader.versions(MANY)
    assert len(calls) == 1
    assert all(isinstance(result, SourceUnreachableError) for result in results.values())
    values = reader.values(dict.fromkeys(MANY, SourceVersion(1)))
    assert len(calls) == 2
    assert all(isinstance(result, SourceUnreachableError) for result in values.values())


def test_a_server_that_stops_half_way_is_not_asked_on_and_on(
    bao: OpenBao, open_reader: Open
) -> None:
    bao.put("unreachable/0", x="y")
    calls = Calls()
    with Front(forward(bao.url, bao.ca_cert)).running() as front:

        def stop_after_the_first(request: t.Any, send: t.Any) -> t.Any:
            answer = calls(request, send)
            front.behaviour = always(None)
            return answer

        reader = open_reader(
            stop_after_the_first, max_parallel=4, vault_url=front.url, vault_retries=0
        )
        results = reader.versions(MANY)
    assert results[MANY[0]] == version_of(open_reader(), MANY[0])
    assert all(isinstance(results[source], VaultUnreachableError) for source in MANY[1:])
    # Those that were under way when the first of them found out.
    assert len(calls) <= 1 + 4


def test_a_name_that_is_not_known(open_reader: Open) -> None:
    error = problem(open_reader(vault_url="https://vault.invalid:8200", **FAST), SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert "its name is not known" in error.message


def test_sealed(bao: OpenBao, open_reader: Open) -> None:
    bao.put("unreachable/app", x="y")
    calls = Calls()
    reader = open_reader(calls, vault_retries=0)
    bao.seal()
    try:
        results = reader.versions(MANY)
    finally:
        bao.unseal()
    assert len(calls) == 1
    for error in results.values():
        assert isinstance(error, VaultUnreachableError)
        assert error.message == f"Vault at {bao.url} is sealed."
        assert "Unseal" in error.remedy
    assert version_of(reader, SOURCE).number


def test_sealed_before_the_login(bao: OpenBao, open_reader: Open) -> None:
    reader = open_reader(
        vault_auth_method="approle", vault_role_id=CANARY, vault_secret_id=CANARY, vault_retries=0
    )
    bao.seal()
    try:
        error = problem(reader, SOURCE)
    finally:
        bao.unseal()
    assert isinstance(error, VaultUnreachableError)
    assert "is sealed" in error.message


def test_an_authority_that_is_not_trusted(open_reader: Open, tmp_path: Path) -> None:
    Authority("stranger").issue_to(tmp_path, "stranger")
    other = str(tmp_path / "ca.pem")
    calls = Calls()
    error = problem(open_reader(calls, vault_ca_cert=other, vault_token=CANARY), SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert "is not trusted: " in error.message
    assert f"{other} (vault_ca_cert)" in error.remedy


def test_no_authority_given(open_reader: Open) -> None:
    error = problem(open_reader(vault_ca_cert=None, vault_token=CANARY), SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert "Set vault_ca_cert" in error.remedy


def test_certificates_are_not_checked_when_told_so(
    bao: OpenBao, open_reader: Open, recwarn: pytest.WarningsRecorder
) -> None:
    bao.put("unreachable/app", x="y")
    reader = open_reader(vault_ca_cert=None, vault_validate_certs=False)
    assert version_of(reader, SOURCE).number
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_for_another_name(open_reader: Open, tmp_path: Path, host: str) -> None:
    Authority("OpenBao").issue_to(tmp_path, "vault", ["vault.example.org"])
    with Front(always(Reply(200)), tls=tmp_path).running() as front:
        url = front.url.replace("127.0.0.1", host)
        ca_cert = str(tmp_path / "ca.pem")
        error = problem(open_reader(vault_url=url, vault_ca_cert=ca_cert, **FAST), SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert "mismatch" in error.message
    assert "Use a name in vault_url that stands in the certificate." in error.remedy
    assert front.requests == []


def test_tls_where_there_is_none(open_reader: Open) -> None:
    with Front(always(Reply(200))).running() as front:
        url = front.url.replace("http:", "https:")
        error = problem(open_reader(vault_url=url, **FAST), SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert "No TLS connection" in error.message
    assert "http://" in error.remedy


def test_no_tls_where_there_is_some(bao: OpenBao, open_reader: Open) -> None:
    url = bao.url.replace("https:", "http:")
    error = problem(open_reader(vault_url=url, **FAST), SOURCE)
    assert isinstance(error, WrongAddressError)
    assert "https://" in error.remedy


@pytest.mark.parametrize("option", ["vault_ca_cert", "vault_client_cert"])
@pytest.mark.parametrize("content", [None, b"no PEM", b""])
def test_certificate_files_that_cannot_be_used(
    open_reader: Open, tmp_path: Path, option: str, content: bytes | None
) -> None:
    file = tmp_path / "file.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_reader(**{option: str(file)})
    reason = "no such file or directory" if content is None else "it is not PEM"
    assert f"{option} {file} cannot be loaded on this host: {reason}" in caught.value.message
    assert caught.value.remedy


def test_a_folder_that_openssl_has_hashed(bao: OpenBao, open_reader: Open, tmp_path: Path) -> None:
    bao.put("unreachable/app", x="y")
    (tmp_path / "ca.pem").symlink_to(bao.ca_cert)
    need({"openssl": "openssl"}, "a folder of authorities as openssl makes it")
    run(["openssl", "rehash", tmp_path])
    assert version_of(open_reader(vault_ca_cert=str(tmp_path)), SOURCE).number


def test_a_key_of_another_certificate(open_reader: Open, tmp_path: Path) -> None:
    authority = Authority("clients")
    authority.issue_to(tmp_path / "a", "a")
    authority.issue_to(tmp_path / "b", "b")
    mixed = {
        "vault_client_cert": str(tmp_path / "a" / "cert.pem"),
        "vault_client_key": str(tmp_path / "b" / "key.pem"),
    }
    with pytest.raises(InputError, match="its parts do not belong together"):
        open_reader(**mixed)


OPEN = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import VaultOptions
try:
    connect(VaultOptions("https://v", client_cert=sys.argv[2], client_key=sys.argv[3]))
except Exception as error:
    print(error)
"""


def test_a_key_with_a_passphrase_is_refused_rather_than_asked_for(tmp_path: Path) -> None:
    Authority("clients").issue_to(tmp_path, "a")
    key = serialization.load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (tmp_path / "key.pem").write_bytes(locked)
    program = tmp_path / "open.py"
    program.write_text(OPEN)
    command = [sys.executable, program, COLLECTIONS, tmp_path / "cert.pem", tmp_path / "key.pem"]
    # At a terminal, where OpenSSL would ask.
    shown = subprocess.run(
        ["script", "-qec", shlex.join(map(str, command)), "/dev/null"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "cannot be loaded on this host" in shown
    assert "without a passphrase" in shown
    assert "Enter" not in shown


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, f"<html>{CANARY}".encode()),
        Reply(200, b"[]"),
        Reply(200),
        Reply(404, b"404 page not found"),
        Reply(403, b"<html>forbidden by the proxy"),
    ],
)
def test_something_else_answers(open_reader: Open, reply: Reply) -> None:
    calls = Calls()
    with Front(always(reply)).running() as front:
        reader = open_reader(calls, vault_url=front.url, **FAST)
        problem(reader, SOURCE)
        results = reader.versions(MANY)
    assert len(calls) == 2
    for error in results.values():
        assert isinstance(error, WrongAddressError)
        assert f"does not answer like Vault: {reply.status} without a JSON object" in error.message


def test_a_proxy_that_misses_vault_is_an_unreachable_vault(open_reader: Open) -> None:
    with Front(always(Reply(502, b"<html>bad gateway"))).running() as front:
        error = problem(open_reader(vault_url=front.url, **FAST), SOURCE)
    assert isinstance(error, SourceUnreachableError)
    assert "502" in error.message


def test_nobody_answers_in_time(open_reader: Open) -> None:
    with Front(silent).running() as front:
        options = {"vault_url": front.url, "vault_timeout": "300ms", "vault_retries": 5}
        error = problem(open_reader(**options), SOURCE)
        # The time is for all tries together: none is left for a second one. Then it is asked
        # whether Vault is there at all.
        assert front.requests == [
            "GET /v1/secret/metadata/unreachable/app",
            "GET /v1/sys/seal-status",
        ]
    assert isinstance(error, VaultUnreachableError)
    assert "did not answer within 0.3 s" in error.message
    assert "vault_timeout" in error.remedy


def test_a_proxy_that_is_away(open_reader: Open) -> None:
    proxy = f"http://user:{CANARY}@127.0.0.1:{free_port()}"
    error = problem(open_reader(vault_proxies=proxy, **FAST), SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert "vault_proxies" in error.remedy
