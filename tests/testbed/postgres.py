# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PostgreSQL, for credentials that OpenBao makes and revokes."""

from __future__ import annotations

import collections.abc as c
import contextlib
import csv
import json
import os
import secrets
import shutil
import signal
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import BedError
from testbed.locks import exclusive
from testbed.openbao_server import free_port
from testbed.pki import write_private
from testbed.postgres_server import ACCESS, USER, hand_over, program, settings, unprivileged
from testbed.process import Daemon
from testbed.system import run
from testbed.waiting import wait_for

LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Postgres:
    """One server, known by its directory; its superuser is let in on this machine only."""

    directory: Path

    @classmethod
    def up(cls, directory: Path, addresses: c.Sequence[str] = (LOCAL,)) -> Postgres:
        """Give the server of this directory, made and started if need be.

        One of the addresses has to be that of this machine to itself.
        """
        server = cls(directory)
        with exclusive("postgres"):
            if not server._daemon.pid():
                server.down()
                server._create(addresses)
        return server

    # -- what tests use ----------------------------------------------------------------------

    @property
    def port(self) -> int:
        """Where it listens, on each of its addresses."""
        return int(self._record["port"])

    @property
    def user(self) -> str:
        """The superuser."""
        return USER

    @property
    def password(self) -> str:
        """The superuser's password."""
        return (self.directory / "password").read_text(encoding="utf-8")

    @property
    def socket(self) -> Path:
        """The folder with its socket, where the superuser needs no password."""
        return Path(self._record["home"])

    def sql(self, text: str, database: str = "postgres") -> list[list[str]]:
        """Carry out statements, as the superuser and as one transaction; give the rows as text."""
        command = [program("psql"), "--no-psqlrc", "--no-password", "--quiet", "--tuples-only"]
        command += ["--csv", "--set=ON_ERROR_STOP=1", "--command", text]
        place = {"PGHOST": LOCAL, "PGPORT": str(self.port), "PGDATABASE": database}
        who = {"PGUSER": USER, "PGPASSFILE": str(self.directory / "pgpass")}
        return list(csv.reader(run(command, environment={**place, **who}).splitlines()))

    def roles(self) -> list[str]:
        """Give everybody who may log in, less the superuser."""
        return [
            name
            for (name,) in self.sql("select rolname from pg_roles where rolcanlogin order by 1")
            if name != USER
        ]

    def log(self) -> str:
        """Give what it logged: every login among it."""
        return self._daemon.log.read_text(encoding="utf-8", errors="replace")

    def down(self) -> None:
        """End the process, whoever is connected, and remove everything it wrote."""
        pid = self._daemon.pid()
        if pid:
            # The signal that others end by makes it wait for its clients.
            os.kill(pid, signal.SIGINT)
            self._daemon.stop()
        with contextlib.suppress(BedError):
            shutil.rmtree(self._record["home"], ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    # -- inside ------------------------------------------------------------------------------

    @property
    def _daemon(self) -> Daemon:
        return Daemon(self.directory, "postgres")

    @property
    def _record(self) -> dict[str, t.Any]:
        try:
            text = (self.directory / "server.json").read_text(encoding="utf-8")
        except OSError as error:
            raise BedError(
                f"there is no PostgreSQL in {self.directory}: Postgres.up() makes one"
            ) from error
        return dict(json.loads(text))

    def _create(self, addresses: c.Sequence[str]) -> None:
        initdb, server = program("initdb"), program("postgres")
        self.directory.mkdir(mode=0o700, parents=True)
        # Its user cannot enter directories of root's, which is what all others here are.
        home = Path(tempfile.mkdtemp(prefix="swarmvault-postgres-"))
        hand_over(home)
        port = free_port(addresses)
        record = {"home": str(home), "port": port}
        write_private(self.directory / "server.json", json.dumps(record).encode())
        password = secrets.token_hex(16)
        write_private(self.directory / "password", password.encode())
        write_private(self.directory / "pgpass", f"*:*:*:{USER}:{password}\n".encode())
        initial = home / "password"
        write_private(initial, password.encode())
        hand_over(initial)
        data = home / "data"
        options = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        names = [f"--pgdata={data}", f"--username={USER}", f"--pwfile={initial}"]
        run(unprivileged([initdb, *options, *names]), directory=home)
        initial.unlink()
        (data / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")
        self._daemon.start(unprivileged([server, "-D", data, *settings(addresses, port, home)]))
        what = f"the first answer of the PostgreSQL at {LOCAL}:{port}"
        try:
            wait_for(what, self._answers, timeout=30, interval=0.05, ignore=(BedError,))
        except BedError as error:
            raise BedError(f"{error}\nits log ends with:\n{self._daemon.tail()}") from error

    def _answers(self) -> bool:
        return self.sql("select 1") == [["1"]]
