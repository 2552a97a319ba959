# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests of the Docker plugin against a real OpenBao, without an engine."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from swarmvault_secretprovider.provider import Provider

from testbed import OpenBao
from tests.e2e.secretprovider.support import Lines, Open, settings_for


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[OpenBao]:
    """A server of its own: these tests stop it, and count what it is asked."""
    server = OpenBao.up(directory=tmp_path_factory.mktemp("secretprovider") / "server")
    client = server.client()
    client.sys.enable_secrets_engine("pki")
    client.write_data("pki/root/generate/internal", data={"common_name": "ca", "key_type": "ec"})
    role = {"allow_any_name": True, "key_type": "ec", "ttl": "1h"}
    client.write_data("pki/roles/web", data=role)
    client.write_data("pki/roles/leased", data={**role, "generate_lease": True})
    yield server
    server.down()


@pytest.fixture
def log() -> Lines:
    """What the plugin logs."""
    return Lines()


@pytest.fixture
def open_provider(bao: OpenBao, log: Lines) -> t.Iterator[Open]:
    """Make plugins that are closed after the test."""
    with contextlib.ExitStack() as stack:

        def open_one(**options: t.Any) -> Provider:
            provider = Provider(settings_for(bao, **options), log)
            stack.callback(provider.close)
            return provider

        yield open_one


@pytest.fixture
def provider(open_provider: Open) -> Provider:
    """A plugin with every right and the usual settings."""
    return open_provider()
