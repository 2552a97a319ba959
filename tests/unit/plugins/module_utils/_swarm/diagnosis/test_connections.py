# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that cannot be reached: each cause has its own words and its own remedy."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import threading
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import connect as connecting
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.diagnosis.connections import (
    connection_error,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import resolve
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
    EngineTransport,
)

if t.TYPE_CHECKING:
    from pathlib import Path


def failure(**options: t.Any) -> errors.DockerError:
    """Return the error of a first call with these options."""
    resolved = resolve({"timeout": 5, **options}, {})
    with pytest.raises(errors.DockerError) as caught:
        EngineTransport(connecting.connect(resolved), resolved).call("GET", "/secrets")
    assert str(options["docker_host"]) in caught.value.message
    return caught.value


@contextlib.contextmanager
def nobody() -> t.Iterator[None]:
    """Act as a user without any rights; only root can, others are without rights anyway."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_missing_socket(tmp_path: Path) -> None:
    error = failure(docker_host=f"unix://{tmp_path}/none.sock")
    assert f"the socket {tmp_path}/none.sock does not exist" in error.message
    assert "docker_host" in error.remedy
    assert not error.transient


def test_a_socket_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()
        path.chmod(0)
        for directory in (tmp_path, *tmp_path.parents):
            if directory.stat().st_uid == os.geteuid() and directory.name:
                directory.chmod(directory.stat().st_mode | 0o055)
        with nobody():
            error = failure(docker_host=f"unix://{path}")
    assert "no permission to open the socket" in error.message
    assert "become" in error.remedy
    assert "group" in error.remedy
    assert not error.transient


def test_a_socket_nobody_listens_on(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        error = failure(docker_host=f"unix://{path}")
    assert "nothing is listening" in error.message
    assert "Start the Docker Engine" in error.remedy
    assert error.transient


@pytest.fixture
def free_port() -> t.Iterator[int]:
    """A port that is taken, so that nobody else listens there, and refuses connections."""
    with contextlib.closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "tcp"])
def test_a_port_nobody_listens_on(free_port: int, scheme: str) -> None:
    error = failure(docker_host=f"{scheme}://127.0.0.1:{free_port}")
    assert "connection refused" in error.message
    assert error.transient


@pytest.fixture
def plain_http() -> t.Iterator[int]:
    """The port of something that speaks HTTP, but not TLS."""
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _address = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_tls_to_a_port_without_it(plain_http: int) -> None:
    error = failure(docker_host=f"tcp://127.0.0.1:{plain_http}")
    assert "was not TLS" in error.message
    assert "2376" in error.remedy
    assert "validate_certs" in error.remedy
    assert not error.transient


def test_an_unknown_host() -> None:
    error = failure(docker_host="tcp://no-such-host.invalid:2376")
    assert "host name cannot be resolved" in error.message
    assert not error.transient


@pytest.mark.parametrize(
    "docker_host", ["ftp://host:1", "tcp://host", "tcp://", "fd://x", "unix:///a?b=c"]
)
def test_an_address_that_is_none(docker_host: str) -> None:
    with pytest.raises(errors.InputError, match="is not the address of an engine"):
        connecting.connect(resolve({"docker_host": docker_host}, {}))


@pytest.mark.parametrize("missing", ["ca_path", "client_cert", "client_key"])
def test_a_certificate_file_that_is_missing(missing: str, tmp_path: Path) -> None:
    files = {}
    for name in ("ca_path", "client_cert", "client_key"):
        files[name] = str(tmp_path / name)
        if name != missing:
            (tmp_path / name).touch()
    with pytest.raises(errors.InputError, match=f"{tmp_path}/{missing}"):
        connecting.connect(resolve({"docker_host": "tcp://h:1", **files}, {}))


def test_a_missing_library_names_interpreter_and_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "MISSING", "No module named 'docker'")
    with pytest.raises(errors.DependencyError) as caught:
        connecting.connect(resolve({}, {}))
    assert "'docker'" in caught.value.message
    assert "python" in caught.value.message
    assert "-m pip install" in caught.value.remedy
    assert "ansible_python_interpreter" in caught.value.remedy


# -- what is hard to bring about here -----------------------------------------------------------


def explained(fault: BaseException, docker_host: str = "tcp://host:2376") -> errors.SwarmVaultError:
    return connection_error("GET /secrets", resolve({"docker_host": docker_host}, {}), fault)


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH])
def test_a_host_that_cannot_be_reached(code: int) -> None:
    error = explained(OSError(code, "unreachable"))
    assert isinstance(error, errors.DockerError)
    assert error.message == ("GET /secrets at tcp://host:2376 failed: the host cannot be reached.")
    assert "network" in error.remedy
    assert error.transient


def test_a_library_too_old_for_another() -> None:
    """What requests 2.32 says to docker-py before 7.1; seen with 6.1.3."""
    error = explained(ValueError("Not supported URL scheme http+docker"))
    assert isinstance(error, errors.DependencyError)
    assert "docker>=7.1.0" in error.remedy


def test_the_cause_is_found_wherever_the_libraries_put_it() -> None:
    wrapped = RuntimeError("outer", ValueError("middle"))
    wrapped.args[1].__cause__ = ConnectionRefusedError(111, "refused")
    assert "connection refused" in explained(wrapped).message


def test_an_unknown_fault_is_told_in_its_own_words() -> None:
    error = explained(RuntimeError("something\n  odd."))
    assert error.message == "GET /secrets at tcp://host:2376 failed: something odd."
    assert isinstance(error, errors.DockerError)
    assert not error.transient


def test_a_fault_without_words_is_told_by_its_name() -> None:
    assert "failed: RuntimeError." in explained(RuntimeError()).message


@pytest.mark.parametrize(
    "fault", [ConnectionResetError(104, "reset"), BrokenPipeError(32, "pipe"), ssl.SSLEOFError()]
)
@pytest.mark.parametrize("docker_host", ["tcp://host:2376", "https://host:2376"])
def test_a_lost_tls_connection_may_be_a_refused_certificate(
    fault: Exception, docker_host: str
) -> None:
    error = explained(fault, docker_host)
    assert isinstance(error, errors.DockerError)
    assert error.transient
    assert "the connection was lost" in error.message
    assert "client_cert" in error.remedy


def test_a_lost_connection_without_tls_is_no_matter_of_certificates() -> None:
    assert explained(ConnectionResetError(), "unix:///x").remedy == ""


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("certificate has expired", "ca_path"),
        ("Hostname mismatch, certificate is not valid for 'a'", "tls_hostname"),
        ("IP address mismatch, certificate is not valid for '1.2.3.4'", "tls_hostname"),
    ],
)
def test_a_certificate_that_is_not_valid(words: str, remedy: str) -> None:
    fault = ssl.SSLCertVerificationError(1, "verify failed")
    fault.verify_message = words
    error = explained(fault)
    assert words in error.message
    assert remedy in error.remedy


@pytest.mark.parametrize(
    "alert",
    [
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
    ],
)
def test_a_client_certificate_that_is_refused(alert: str) -> None:
    error = explained(ssl.SSLError(1, f"[SSL: {alert}] alert"))
    assert "refused the client certificate" in error.message
    assert "client_cert" in error.remedy


def test_another_fault_of_tls_is_told_in_its_own_words() -> None:
    error = explained(ssl.SSLError(1, "[SSL: NO_CIPHERS_AVAILABLE] none"))
    assert "TLS failed" in error.message
    assert "NO_CIPHERS_AVAILABLE" in error.message
