# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections over ssh, by paramiko and by the ssh program."""

from __future__ import annotations

import sys
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import connect as connecting
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import resolve

from testbed.system import need, which

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed

WAYS = pytest.mark.parametrize("use_ssh_client", [False, True], ids=["paramiko", "program"])


@pytest.fixture(autouse=True)
def _paramiko() -> None:
    pytest.importorskip("paramiko", reason="docker-py needs paramiko for any ssh://")


@pytest.fixture
def ssh_home(newest_bed: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose ssh settings know the bed, for paramiko and for the ssh program.

    paramiko looks below HOME; the program asks the system for the home and has to be told.
    """
    need({"ssh": "openssh-client"}, "reaching an engine by the ssh program")
    settings = tmp_path / ".ssh"
    settings.mkdir(mode=0o700)
    (settings / "known_hosts").write_bytes(newest_bed.known_hosts.read_bytes())
    (settings / "config").write_text(
        f"Host *\n  IdentityFile {newest_bed.ssh_key}\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {settings}/known_hosts\n  StrictHostKeyChecking yes\n"
        "  BatchMode yes\n"
    )
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {which("ssh")} -F {settings}/config "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


def client(bed: Bed, *, use_ssh_client: bool, user: str = "root", node: int = 0) -> SwarmClient:
    options = {
        "docker_host": f"ssh://{user}@{bed.nodes[node].ip}",
        "use_ssh_client": use_ssh_client,
        "timeout": 20,
    }
    return SwarmClient(connecting.open_transport(resolve(options, {})))


@WAYS
@pytest.mark.usefixtures("ssh_home")
def test_over_ssh(newest_bed: Bed, *, use_ssh_client: bool) -> None:
    swarm = client(newest_bed, use_ssh_client=use_ssh_client)
    assert isinstance(swarm.secrets(), list)
    assert isinstance(swarm.services(), list), "a second call over the same connection"


@WAYS
@pytest.mark.usefixtures("ssh_home")
def test_a_refusal_of_the_engine_is_told_over_ssh(newest_bed: Bed, *, use_ssh_client: bool) -> None:
    with pytest.raises(errors.DockerNotFoundError):
        client(newest_bed, use_ssh_client=use_ssh_client).service("nonesuch")


def failure(bed: Bed, *, use_ssh_client: bool) -> errors.DockerError:
    with pytest.raises(errors.DockerError) as caught:
        client(bed, use_ssh_client=use_ssh_client).secrets()
    assert bed.nodes[0].ip in caught.value.message
    return caught.value


@WAYS
def test_a_host_whose_key_is_unknown(
    newest_bed: Bed, ssh_home: Path, *, use_ssh_client: bool
) -> None:
    (ssh_home / ".ssh" / "known_hosts").write_text("")
    error = failure(newest_bed, use_ssh_client=use_ssh_client)
    assert "over ssh failed" in error.message
    assert "docker system dial-stdio" in error.remedy


@WAYS
def test_a_key_that_the_host_does_not_know(
    newest_bed: Bed, ssh_home: Path, *, use_ssh_client: bool
) -> None:
    config = ssh_home / ".ssh" / "config"
    config.write_text(config.read_text().replace(str(newest_bed.ssh_key), "/nonexistent"))
    error = failure(newest_bed, use_ssh_client=use_ssh_client)
    assert "over ssh failed" in error.message
    assert "docker system dial-stdio" in error.remedy


def test_the_program_ssh_is_missing(
    newest_bed: Bed, ssh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(ssh_home))
    error = failure(newest_bed, use_ssh_client=True)
    assert "the program 'ssh' was not found" in error.message
    assert "OpenSSH" in error.remedy
    assert not error.transient


def test_without_paramiko_the_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As docker-py says it where paramiko cannot be imported."""
    monkeypatch.setitem(sys.modules, "paramiko", None)
    monkeypatch.delitem(sys.modules, "docker.transport.sshconn", raising=False)
    for loaded in ("transport.sshconn", "transport.SSHHTTPAdapter", "api.client.SSHHTTPAdapter"):
        monkeypatch.delattr(f"docker.{loaded}", raising=False)
    with pytest.raises(errors.DependencyError, match="'paramiko' cannot be used") as caught:
        connecting.connect(resolve({"docker_host": "ssh://host"}, {}))
    assert "-m pip install" in caught.value.remedy
