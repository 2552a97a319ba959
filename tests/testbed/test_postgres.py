# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The testbed's PostgreSQL comes up, is found again, and goes without a trace."""

from __future__ import annotations

import collections.abc as c
import stat
from pathlib import Path

import pytest

from testbed.errors import BedError
from testbed.postgres import Postgres


@pytest.fixture
def server(tmp_path: Path) -> c.Iterator[Postgres]:
    """One that is gone after the test, whatever the test did."""
    made = Postgres.up(tmp_path / "postgres")
    yield made
    made.down()


def test_statements_are_carried_out_and_rows_come_back(server: Postgres) -> None:
    server.sql("create role shop login password 'x'; create role group_only")

    assert server.sql("select 'a,b', 2") == [["a,b", "2"]]
    assert server.roles() == ["shop"]


def test_a_statement_that_fails_says_why(server: Postgres) -> None:
    with pytest.raises(BedError, match='role "nobody" does not exist'):
        server.sql("drop role nobody")


def test_the_running_server_is_found_again(server: Postgres) -> None:
    server.sql("create role shop login")

    again = Postgres.up(server.directory)

    assert again.port == server.port
    assert again.roles() == ["shop"]


def test_only_its_owner_can_read_the_password(server: Postgres) -> None:
    for name in ("password", "pgpass", "server.json"):
        assert stat.S_IMODE((server.directory / name).stat().st_mode) == 0o600


def test_it_goes_without_a_trace(server: Postgres) -> None:
    home = Path(server._record["home"])
    pid = server._daemon.pid()
    assert home.exists()

    server.down()

    assert not home.exists()
    assert not server.directory.exists()
    assert not Path(f"/proc/{pid}").exists()
    server.down()
