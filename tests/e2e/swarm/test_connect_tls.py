# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections over TCP: TLS with client certificates, and each way in which it can be wrong."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import (
    open_transport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import resolve

from testbed.pki import Authority
from testbed.waiting import wait_for

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nodes are on this machine: a proxy of the user's does not know them."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, cert.pem and key.pem of another authority."""
    directory = tmp_path_factory.mktemp("strangers")
    Authority("strangers").issue_to(directory, "stranger")
    return directory


def connected(bed: Bed, environ: dict[str, str] | None = None, **changes: t.Any) -> bool:
    """Read from the bed's first manager with its options, changed; None takes one away."""
    options = {**bed.docker_options(), **changes}
    SwarmClient(open_transport(resolve(options, environ or {}))).services([])
    SwarmClient(open_transport(resolve(options, environ or {}))).secrets()
    return True


def refusal(bed: Bed, **changes: t.Any) -> errors.DockerError:
    with pytest.raises(errors.DockerError) as caught:
        connected(bed, **changes)
    assert str(changes.get("docker_host", bed.nodes[0].docker_host)) in caught.value.message
    return caught.value


def test_with_client_certificate_and_validation(bed: Bed) -> None:
    assert connected(bed)


def test_validation_alone_asks_for_tls(newest_bed: Bed) -> None:
    assert connected(newest_bed, tls=None, validate_certs=None)


def test_the_environment_alone_is_enough(newest_bed: Bed) -> None:
    nothing = dict.fromkeys(newest_bed.docker_options())
    assert connected(newest_bed, newest_bed.environment(), **nothing)


def test_an_unknown_authority(bed: Bed, strangers: Path) -> None:
    error = refusal(bed, ca_path=str(strangers / "ca.pem"))
    assert "certificate cannot be verified" in error.message
    assert "ca_path" in error.remedy
    assert not error.transient


def test_no_authority_means_those_of_the_system(newest_bed: Bed) -> None:
    error = refusal(newest_bed, ca_path=None)
    assert "certificate cannot be verified" in error.message
    assert "ca_path" in error.remedy


def test_a_bundle_in_the_environment_does_not_replace_ca_path(
    newest_bed: Bed, strangers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(strangers / "ca.pem"))
    assert connected(newest_bed)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_without_validation_any_authority_will_do(
    newest_bed: Bed, strangers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(strangers / "ca.pem"))
    assert connected(newest_bed, validate_certs=False, tls=True, ca_path=str(strangers / "ca.pem"))


def test_a_name_that_the_certificate_does_not_have(bed: Bed) -> None:
    error = refusal(bed, tls_hostname="elsewhere.example.com")
    assert "certificate cannot be verified" in error.message
    assert "tls_hostname" in error.remedy


def test_a_name_that_only_the_certificate_has(bed: Bed) -> None:
    """docker-py itself dropped this option."""
    assert connected(bed, tls_hostname=bed.nodes[0].name)


def test_another_name_does_not_make_up_for_an_unknown_authority(bed: Bed, strangers: Path) -> None:
    error = refusal(bed, tls_hostname=bed.nodes[0].name, ca_path=str(strangers / "ca.pem"))
    assert "certificate cannot be verified" in error.message
    assert "ca_path" in error.remedy


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_without_validation_any_name_will_do(bed: Bed) -> None:
    assert connected(bed, validate_certs=False, tls=True, tls_hostname="elsewhere.example.com")


def refused_client(bed: Bed, **changes: t.Any) -> errors.DockerError:
    """Return the refusal; where the engine hangs up before its reason arrives, try again."""

    def reason() -> errors.DockerError | None:
        error = refusal(bed, **changes)
        assert "client_cert" in error.remedy, "also where the connection is just lost"
        return None if error.transient else error

    return wait_for("the engine's reason", reason, timeout=60)


def test_no_client_certificate(bed: Bed) -> None:
    error = refused_client(bed, client_cert=None, client_key=None)
    assert "refused the client certificate, or got none" in error.message


def test_a_client_certificate_of_another_authority(bed: Bed, strangers: Path) -> None:
    files = {"client_cert": str(strangers / "cert.pem"), "client_key": str(strangers / "key.pem")}
    error = refused_client(bed, **files)
    assert "refused the client certificate, or got none" in error.message


def test_plain_http_to_a_tls_port(bed: Bed) -> None:
    error = refusal(bed, tls=False, validate_certs=False)
    assert "HTTP request to an HTTPS server" in error.message
    assert "TLS" in error.remedy


def test_an_api_version_that_the_engine_does_not_have(bed: Bed) -> None:
    error = refusal(bed, api_version="1.99")
    assert "1.99" in error.message
    assert "api_version" in error.remedy


def test_an_api_version_that_is_older_than_the_engines_reads_but_does_not_write(bed: Bed) -> None:
    transport = open_transport(resolve({**bed.docker_options(), "api_version": "1.44"}, {}))
    if bed.generation == "bookworm":
        transport = open_transport(resolve({**bed.docker_options(), "api_version": "1.40"}, {}))
    transport.call("GET", "/services")
    with pytest.raises(errors.DockerError, match="would drop newer settings"):
        transport.call("POST", "/services/x/update", {"version": 1}, {"Name": "x"})
