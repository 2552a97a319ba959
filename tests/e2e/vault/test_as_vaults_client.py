# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings mean what they mean to Vault's own client: addresses, names, authorities, times."""

from __future__ import annotations

import contextlib
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    VaultUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import resolve
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.openbao_server import program
from testbed.pki import Authority
from testbed.waiting import wait_for
from tests.e2e.vault.front import Front, Reply, after, always, forward
from tests.e2e.vault.support import CANARY, problem, version_of
from tests.e2e.vault.test_unreachable import FAST, free_port

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

pytestmark = pytest.mark.case("V15")

SOURCE = VaultSource("client/app")
NAME = "vault.example.org"


@pytest.fixture(autouse=True)
def _secret(bao: OpenBao) -> None:
    bao.put("client/app", x="y")


def read_with(environ: dict[str, str], **options: t.Any) -> None:
    """Read with what the environment says."""
    with connect(resolve(options, environ, Path("/nonexistent"))) as reader:
        assert version_of(reader, SOURCE).number


# -- sockets --------------------------------------------------------------------------------------


@contextlib.contextmanager
def proxy(bao: OpenBao, folder: Path) -> t.Iterator[str]:
    """Run OpenBao's own proxy, which adds its token, at a socket; give its address."""
    token, socket = folder / "token", folder / "proxy.sock"
    token.write_text(bao.root_token)
    (folder / "proxy.hcl").write_text(
        f"""
        vault {{
          address = "{bao.url}"
          ca_cert = "{bao.ca_cert}"
        }}
        auto_auth {{
          method {{
            type = "token_file"
            config = {{ token_file_path = "{token}" }}
          }}
        }}
        api_proxy {{
          use_auto_auth_token = true
        }}
        listener "unix" {{
          address = "{socket}"
          tls_disable = true
          require_request_header = true
        }}
        """
    )
    command = [program(), "proxy", "-config", folder / "proxy.hcl"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        address = f"unix://{socket}"
        wait_for("the proxy's socket", socket.exists, timeout=30)

        def answers() -> bool:
            assert process.poll() is None, (folder / "log").read_text()
            with connect(
                resolve({"vault_url": address, "vault_auth_method": "none"}, {}, folder)
            ) as reader:
                return not isinstance(reader.versions([SOURCE])[SOURCE], Exception)

        wait_for("the proxy to have logged in", answers, timeout=30)
        yield address
    finally:
        process.terminate()
        process.wait()


def test_a_proxy_at_a_socket_is_reached_whatever_the_environment_says_of_proxies(
    bao: OpenBao, open_reader: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    with proxy(bao, tmp_path) as address:
        options = {"vault_auth_method": "none", "vault_ca_cert": None}
        assert version_of(open_reader(vault_url=address, **options), SOURCE).number
        away = f"unix://{tmp_path}/away.sock"
        several = [away, f"https://127.0.0.1:{free_port()}", address]
        reader = open_reader(vault_url=several, **options, vault_retries=0)
        assert version_of(reader, SOURCE).number
        for name in ("BAO_AGENT_ADDR", "VAULT_AGENT_ADDR", "VAULT_ADDR"):
            read_with({name: address, "VAULT_AUTH_METHOD": "none"})


def test_many_threads_share_the_connections_to_a_socket(
    bao: OpenBao, open_reader: Open, tmp_path: Path
) -> None:
    sources = [VaultSource(f"client/many/{number}") for number in range(30)]
    for source in sources:
        bao.put(source.path, x="y")
    with proxy(bao, tmp_path) as address:
        versions = open_reader(vault_url=address).versions(sources)
    assert not [one for one in versions.values() if isinstance(one, Exception)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("away.sock", "no such file or directory"), ("file", "connection refused")],
)
def test_a_socket_that_nobody_listens_at(
    open_reader: Open, tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    url = f"unix://{tmp_path}/{name}"
    error = problem(open_reader(vault_url=url, **FAST), SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert error.message == f"Vault at {url} cannot be reached: {reason}."
    assert "what listens on this socket runs" in error.remedy


# -- the name in the certificate ------------------------------------------------------------------


@pytest.fixture
def elsewhere(bao: OpenBao, tmp_path: Path) -> t.Iterator[tuple[Front, str]]:
    """A server with TLS whose certificate is for a name that leads nowhere; and its authority."""
    Authority("elsewhere").issue_to(tmp_path / "tls", "vault", [NAME])
    with Front(forward(bao.url, bao.ca_cert), tls=tmp_path / "tls").running() as front:
        yield front, str(tmp_path / "tls" / "ca.pem")


def test_the_server_may_prove_another_name_than_that_of_the_address(
    bao: OpenBao, open_reader: Open, elsewhere: tuple[Front, str]
) -> None:
    front, ca_cert = elsewhere
    given = {"vault_url": front.url, "vault_ca_cert": ca_cert}
    refused = problem(open_reader(**given, **FAST), SOURCE)
    assert "mismatch" in str(refused)
    assert "vault_tls_server_name" in str(refused)
    assert version_of(open_reader(**given, vault_tls_server_name=NAME), SOURCE).number
    several = [f"https://127.0.0.1:{free_port()}", front.url]
    reader = open_reader(**{**given, "vault_url": several}, vault_tls_server_name=NAME)
    assert version_of(reader, SOURCE).number
    for prefix in ("ANSIBLE_HASHI_VAULT", "BAO", "VAULT"):
        read_with({f"{prefix}_TLS_SERVER_NAME": NAME}, vault_token=bao.root_token, **given)


@pytest.mark.parametrize("wrong", ["other.example.org", "127.0.0.2", "example.org"])
def test_a_name_that_the_certificate_is_not_for_is_refused(
    open_reader: Open, elsewhere: tuple[Front, str], wrong: str
) -> None:
    front, ca_cert = elsewhere
    before = len(front.requests)
    reader = open_reader(
        vault_url=front.url, vault_ca_cert=ca_cert, vault_tls_server_name=wrong, **FAST
    )
    error = problem(reader, SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert "mismatch" in error.message
    assert len(front.requests) == before


# -- authorities ----------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["BAO", "VAULT"])
@pytest.mark.parametrize("comment", ["", "# Zertifizierungsstelle für Vault\n"])
def test_authorities_may_stand_in_the_environment(bao: OpenBao, prefix: str, comment: str) -> None:
    stranger = Authority("stranger").pem.decode()
    pem = comment + stranger + bao.ca_cert.read_text()
    given = {"vault_url": bao.url, "vault_token": bao.root_token}
    read_with({f"{prefix}_CACERT_BYTES": pem}, **given)
    options = resolve(given, {f"{prefix}_CACERT_BYTES": stranger, **NO_RETRY}, Path("/"))
    with connect(options) as reader:
        error = problem(reader, SOURCE)
    assert isinstance(error, VaultUnreachableError)
    assert "CACERT_BYTES holds the authority" in error.remedy
    with pytest.raises(InputError, match="CACERT_BYTES cannot be loaded on this host: it is not"):
        connect(resolve(given, {f"{prefix}_CACERT_BYTES": "no PEM"}, Path("/")))


NO_RETRY = {"VAULT_MAX_RETRIES": "0"}


@pytest.mark.parametrize("place", ["ca.pem", "named as it may be", "below/ca.crt"])
def test_every_file_of_a_folder_is_trusted_whatever_its_name(
    bao: OpenBao, open_reader: Open, tmp_path: Path, place: str
) -> None:
    (tmp_path / "below").mkdir()
    Authority("stranger").issue_to(tmp_path / "strange", "stranger")
    (tmp_path / "README").write_text("what these are")
    options = {"vault_ca_cert": str(tmp_path), "vault_retries": 0}
    assert "is not trusted" in str(problem(open_reader(**options), SOURCE))
    (tmp_path / place).write_bytes(bao.ca_cert.read_bytes())
    assert version_of(open_reader(**options), SOURCE).number
    for name in ("BAO_CAPATH", "VAULT_CAPATH", "VAULT_CACERT", "ANSIBLE_HASHI_VAULT_CA_CERT"):
        read_with({name: str(tmp_path)}, vault_url=bao.url, vault_token=bao.root_token)


def test_a_folder_without_any_is_refused(open_reader: Open, tmp_path: Path) -> None:
    (tmp_path / "README").write_text("-----BEGIN to read here")
    with pytest.raises(InputError, match="There is no PEM file with a certificate in"):
        open_reader(vault_ca_cert=str(tmp_path))


def test_only_the_named_authorities_are_trusted(
    bao: OpenBao, open_reader: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that Python trusts otherwise would open a way around."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bao.ca_cert))
    assert version_of(open_reader(vault_ca_cert=None), SOURCE).number
    Authority("stranger").issue_to(tmp_path, "stranger")
    reader = open_reader(vault_ca_cert=str(tmp_path / "ca.pem"), vault_retries=0)
    assert "is not trusted" in str(problem(reader, SOURCE))


@pytest.mark.parametrize("prefix", ["BAO", "VAULT"])
def test_checks_can_be_turned_off_as_for_the_client(bao: OpenBao, prefix: str) -> None:
    given = {"vault_url": bao.url, "vault_token": bao.root_token}
    read_with({f"{prefix}_SKIP_VERIFY": "true"}, **given)
    read_with({f"{prefix}_SKIP_VERIFY": "T", "VAULT_CACERT": "/nowhere"}, **given)


# -- times and tries ------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", ["1m30s", "0", "90"])
def test_a_time_is_what_the_client_takes(bao: OpenBao, timeout: str) -> None:
    given = {"vault_url": bao.url, "vault_ca_cert": str(bao.ca_cert)}
    read_with({"VAULT_CLIENT_TIMEOUT": timeout, "VAULT_TOKEN": bao.root_token}, **given)


@pytest.mark.parametrize("addresses", [1, 2])
@pytest.mark.parametrize(
    ("retries", "tries"),
    [
        ({"total": 2, "backoff_factor": 0, "backoff_jitter": 0}, 3),
        ('{"total": 1, "backoff_factor": 0}', 2),
        ("total=1,backoff_factor=0.01", 2),
        ({"total": 0}, 1),
    ],
)
def test_a_mapping_says_how_often_it_is_tried(
    open_reader: Open, retries: object, tries: int, addresses: int
) -> None:
    with Front(always(Reply(500, b"{}"))).running() as front:
        urls = [front.url, f"http://127.0.0.1:{free_port()}"][:addresses]
        error = problem(
            open_reader(**{**FAST, "vault_url": urls, "vault_retries": retries}), SOURCE
        )
    assert "500" in str(error)
    assert CANARY not in str(error)
    assert len(front.requests) == tries


def test_a_status_that_is_listed_is_worth_another_try(bao: OpenBao, open_reader: Open) -> None:
    busy = after(1, Reply(418, b"{}"), forward(bao.url, bao.ca_cert))
    retries = {"total": 1, "status_forcelist": [418], "backoff_factor": 0}
    with Front(busy).running() as front:
        assert version_of(open_reader(vault_url=front.url, vault_retries=retries), SOURCE).number
        assert len(front.requests) == 2
