# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading 500 paths of KV version 2, beside bare hvac with as many connections."""

from __future__ import annotations

import concurrent.futures
import statistics
import time
import typing as t

import hvac
import requests
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import (
    DEFAULT_MAX_PARALLEL,
    connect,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
)
from requests.adapters import HTTPAdapter

from bench.distance import far
from bench.result import Result
from tests.e2e.support.world import kv2

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

PATHS, TURNS, LIMIT = 500, 9, 1.3
MILLISECONDS = 10


def measure(world: World) -> list[Result]:
    """Let both read in turn, each over connections of its own, and compare their medians."""
    names = [f"bench/r{i}" for i in range(PATHS)]
    kv = world.vault.client().secrets.kv.v2
    for name in names:
        kv.create_or_update_secret(name, secret={"password": f"value of {name}"})
    world.paths.update(names)
    with far(world.vault.url, MILLISECONDS) as url:
        return [
            *_compare(world, names, world.vault.url, "on this machine"),
            *_compare(world, names, url, f"{MILLISECONDS} ms away"),
        ]


def _compare(world: World, names: t.Sequence[str], url: str, where: str) -> list[Result]:
    _ours(world, names, url), _theirs(world, names, url)  # warm
    turns = [(_ours(world, names, url), _theirs(world, names, url)) for _i in range(TURNS)]
    results = []
    for what, seconds in (("metadata", lambda two: two[0]), ("metadata and data", sum)):
        slow = statistics.median(seconds(ours) for ours, _second in turns)
        fast = statistics.median(seconds(theirs) for _first, theirs in turns)
        results.append(
            Result(
                f"reading: {what} of {PATHS} paths {where}, beside bare hvac",
                slow / fast,
                LIMIT,
                "x",
                f"{slow:.2f} s beside {fast:.2f} s, {DEFAULT_MAX_PARALLEL} connections,"
                f" medians of {TURNS}",
            )
        )
    return results


def _ours(world: World, names: t.Sequence[str], url: str) -> tuple[float, float]:
    """Return the seconds for all metadata, and for all data."""
    sources = [kv2(name) for name in names]
    started = time.perf_counter()
    with connect(world.vault_options(vault_url=url)) as reader:
        found = reader.versions(sources)
        versions = {s: v for s, v in found.items() if isinstance(v, SourceVersion)}
        between = time.perf_counter()
        values = reader.values(versions)
    ended = time.perf_counter()
    if sum(isinstance(value, SourceValue) for value in values.values()) != len(names):
        raise SystemExit("not every path could be read")
    return between - started, ended - between


def _theirs(world: World, names: t.Sequence[str], url: str) -> tuple[float, float]:
    """Do the same with nothing but hvac and a pool of threads."""
    started = time.perf_counter()
    with (
        requests.Session() as session,
        concurrent.futures.ThreadPoolExecutor(DEFAULT_MAX_PARALLEL) as pool,
    ):
        session.trust_env = False  # REQUESTS_CA_BUNDLE would win over the next line
        session.verify = str(world.vault.ca_cert)
        session.mount("https://", HTTPAdapter(pool_maxsize=DEFAULT_MAX_PARALLEL))
        kv = hvac.Client(url=url, token=world.vault.root_token, session=session).secrets.kv.v2

        def version(name: str) -> int:
            return int(kv.read_secret_metadata(name)["data"]["current_version"])

        def value(name: str, number: int) -> str:
            answer = kv.read_secret_version(name, number, raise_on_deleted_version=True)
            return str(answer["data"]["data"]["password"])

        numbers = list(pool.map(version, names))
        between = time.perf_counter()
        values = list(pool.map(value, names, numbers))
    ended = time.perf_counter()
    if len(values) != len(names):
        raise SystemExit("not every path could be read")
    return between - started, ended - between
