# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the core as data, carried out here or in a process of its own that may be killed."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.rotate import rotate
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import (
    settings as engine_options,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
    EngineTransport,
    RetryingTransport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault import connection
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import (
    resolve as resolve_vault,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.collection_path import COLLECTIONS, ROOT
from tests.e2e.support.calls import Call, Moment, Recorder

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

    from testbed import Bed

DRIVER = "tests.e2e.support.driver"


@dataclasses.dataclass(frozen=True)
class Job:
    """What a run is asked for.

    :param secrets: logical name -> path in KV v2 (its one field), or, with ``data:`` in front,
        the value itself, or, with ``read:``, any path with ``#`` and the field.
    :param options: of the run, as in ``Options``.
    """

    secrets: t.Mapping[str, str]
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    def requests(self) -> list[SecretRequest]:
        """Return the requests."""
        return [_request(name, place) for name, place in self.secrets.items()]

    def with_options(self, **more: t.Any) -> Job:
        """Return the job with other options."""
        return dataclasses.replace(self, options={**self.options, **more})


def _request(name: str, place: str) -> SecretRequest:
    if place.startswith("data:"):
        return SecretRequest(name=name, data=SecretValue(place[5:].encode()))
    if place.startswith("read:"):
        path, _hash, field = place[5:].partition("#")
        return SecretRequest(name=name, source=VaultSource(path, field, engine="read"))
    return SecretRequest(name=name, source=VaultSource(path=place) if place else None)


@dataclasses.dataclass(frozen=True)
class Where:
    """How to reach one manager and the bed's OpenBao: options of the module."""

    docker: t.Mapping[str, t.Any]
    vault: t.Mapping[str, t.Any]

    @classmethod
    def of(cls, bed: Bed, manager: int) -> Where:
        """Return the way to a manager of a bed, by position."""
        vault = {
            "vault_url": bed.vault.url,
            "vault_token": bed.vault.root_token,
            "vault_ca_cert": str(bed.vault.ca_cert),
        }
        return cls(bed.docker_options(manager), vault)


def perform(job: Job, where: Where, recorder: Recorder) -> Report:
    """Carry out a job as the module does, every call through the recorder."""
    options = engine_options.resolve(where.docker, {})
    client = connect(options)
    vault_options = resolve_vault(dict(where.vault), {}, Path("/nonexistent"))
    engine = recorder.engine(EngineTransport(client, options))
    swarm = SwarmClient(RetryingTransport(engine))
    with (
        contextlib.closing(client),
        connection.connect(vault_options, hook=recorder.vault) as reader,
    ):
        return rotate(job.requests(), _options(job), swarm, reader)


def _options(job: Job) -> Options:
    return Options(**{"wait_timeout": 120.0, **job.options})


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a run in a process of its own ended.

    :param report: the report as returned to Ansible, with ``failed`` and ``message``; None where
        there is none.
    """

    code: int
    report: dict[str, t.Any] | None
    calls: tuple[Call, ...]
    errors: str

    @property
    def killed(self) -> bool:
        """Whether it ended by SIGKILL."""
        return self.code == -signal.SIGKILL


class Process:
    """A run in a process of its own.

    :param kill: the moment at which it sends itself SIGKILL.
    """

    def __init__(self, job: Job, where: Where, kill: Moment | None = None) -> None:
        handle, name = tempfile.mkstemp(prefix="swarmvault-calls-")
        os.close(handle)
        self._log = Path(name)
        path = os.pathsep.join(map(str, (ROOT, ROOT / "tests", COLLECTIONS)))
        self._process = subprocess.Popen(
            [sys.executable, "-m", DRIVER],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        order = {
            "job": dataclasses.asdict(job),
            "where": dataclasses.asdict(where),
            "kill": dataclasses.asdict(kill) if kill else None,
            "log": name,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order))
        self._process.stdin.close()
        self._process.stdin = None

    def calls(self) -> tuple[Call, ...]:
        """Return the calls made so far."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return tuple(
            Call(d["kind"], d["subject"], tuple(d["secrets"])) for d in map(json.loads, lines)
        )

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def end(self, timeout: float = 180) -> Ended:
        """Wait until it has ended."""
        try:
            out, err = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        calls = self.calls()
        self._log.unlink()
        return Ended(self._process.returncode, json.loads(out) if out else None, calls, err)
