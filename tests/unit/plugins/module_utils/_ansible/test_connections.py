# SPDX-License-Identifier: GPL-3.0-or-later
"""Vault is connected to when a source is asked for, once, and left when the run ends."""

from __future__ import annotations

import subprocess
import sys
import typing as t
from contextlib import ExitStack

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.connections import (
    LazyReader,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault import connection
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)

from tests.collection_path import ROOT
from tests.unit.plugins.module_utils._ansible.params import params

SOURCE = VaultSource(path="shop/db")
SEVENTH = SourceVersion(7)


class Reader:
    """Answers what was asked, and counts."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __enter__(self) -> t.Self:
        self.calls.append("open")
        return self

    def __exit__(self, *_error: object) -> None:
        self.calls.append("close")

    def versions(
        self, sources: t.Iterable[VaultSource]
    ) -> dict[VaultSource, SourceVersion | Exception]:
        self.calls.append("versions")
        return dict.fromkeys(sources, SEVENTH)

    def values(
        self, sources: t.Mapping[VaultSource, SourceVersion]
    ) -> dict[VaultSource, SourceValue | Exception]:
        self.calls.append("values")
        return dict.fromkeys(sources, InputError("no value"))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSIBLE_HASHI_VAULT_ADDR", "BAO_ADDR", "VAULT_ADDR", "HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    monkeypatch.setattr(connection, "connect", lambda _options: reader)
    return reader


def test_a_run_without_sources_needs_no_options_for_vault() -> None:
    with ExitStack() as stack:
        lazy = LazyReader(params(), stack)
        assert lazy.versions({}) == {}
        assert lazy.values({}) == {}


def test_the_first_source_needs_them() -> None:
    with ExitStack() as stack, pytest.raises(InputError, match="address of Vault"):
        LazyReader(params(), stack).versions([SOURCE])


def test_one_connection_serves_the_run_and_is_closed(reader: Reader) -> None:
    with ExitStack() as stack:
        lazy = LazyReader(params(vault_url="https://v", vault_token="t"), stack)
        assert reader.calls == []
        assert lazy.versions(iter([SOURCE])) == {SOURCE: SEVENTH}
        assert set(lazy.values({SOURCE: SEVENTH})) == {SOURCE}
    assert reader.calls == ["open", "versions", "values", "close"]


LEAN = """
import sys
from tests.collection_path import link_collection
sys.path.insert(0, str(link_collection()))
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.connections import connected
from tests.unit.plugins.module_utils._ansible.params import params

with connected(params(docker_host="unix:///nowhere", secrets=[])):
    assert "docker" in sys.modules
    assert "paramiko" not in sys.modules
    loaded = {name.rpartition("module_utils.")[2] for name in sys.modules}
    assert "_swarm.client" in loaded
    # Nothing of what only a failure or a source needs.
    assert not [name for name in loaded if name.startswith("_swarm.diagnosis.")]
    assert not loaded & {"_vault.client", "_vault.reader"}
import paramiko
assert paramiko.SSHClient
"""


def test_a_module_loads_what_its_connections_need_and_nothing_else() -> None:
    # In a process of its own: here other tests have loaded it.
    done = subprocess.run(
        [sys.executable, "-c", LEAN], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
