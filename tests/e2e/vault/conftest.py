# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests of the Vault adapter: a real OpenBao, and readers of it."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect

from testbed import OpenBao
from tests.e2e.vault.support import options_for

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.reader import (
        VaultReader,
    )

Open = t.Callable[..., "VaultReader"]


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[OpenBao]:
    """A server of its own: these tests seal it, stop it and let it refuse requests."""
    server = OpenBao.up(directory=tmp_path_factory.mktemp("vault") / "server")
    server.client().sys.enable_secrets_engine("kv", path="team/apps/kv", options={"version": "2"})
    server.client().sys.enable_secrets_engine("transit")
    yield server
    server.down()


@pytest.fixture
def open_reader(bao: OpenBao) -> t.Iterator[Open]:
    """Open readers that are closed after the test; options as users write them."""
    with contextlib.ExitStack() as stack:

        def open_one(hook: t.Any = None, max_parallel: int = 8, **options: t.Any) -> VaultReader:
            return stack.enter_context(connect(options_for(bao, **options), max_parallel, hook))

        yield open_one


@pytest.fixture
def reader(open_reader: Open) -> VaultReader:
    """A reader with every right."""
    return open_reader()
