# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that ends between any two calls, or one of whose calls fails, is finished by the next."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._plugin.model import State

from tests.unit.plugins.module_utils._plugin.scripted import (
    ALIAS,
    REGISTRY,
    TRIAL,
    Engine,
    Host,
    config_json,
    write_archive,
)

SETTINGS = {"VAULT_ADDR": "https://vault", "credentials.source": "/etc/c"}
OTHER = {"VAULT_ADDR": "https://other", "credentials.source": "/etc/d"}
Options = dict[str, t.Any]
#: What is there before, and what is then wanted, in words for :func:`options`.
STEPS = {
    "install from a registry": ("", "1"),
    "install from an archive": ("", "a1"),
    "reconfigure": ("1", "1 other"),
    "reconfigure from an archive": ("a1", "a1 other"),
    "upgrade": ("1", "2 other"),
    "upgrade from an archive": ("a1", "a2"),
    "from a registry to an archive": ("1", "a2"),
    "from an archive to a registry": ("a1", "2"),
    "a version that does not work": ("1", "bad"),
    "an archive that does not work": ("a1", "abroken"),
    "remove": ("1", "absent"),
}
MOST_WRITES = 30


def options(folder: Path, words: str) -> Options:
    what, _space, other = words.partition(" ")
    if what == "absent":
        return {"state": State.ABSENT}
    settings = OTHER if other else SETTINGS
    if what.startswith("a"):
        file = folder / f"{what}.tar"
        if not file.exists():
            write_archive(file, what[1:])
        return {"archive": str(file), "settings": settings}
    return {"reference": f"{REGISTRY}:{what}", "settings": settings}


def prepared(folder: Path, before: str, registry: dict[str, t.Any]) -> Host:
    folder.mkdir()
    host = Host(folder, Engine(registry=registry))
    if before:
        host.run(**options(folder, before))
    host.engine.writes.clear()
    return host


def kinds(host: Host) -> dict[str, t.Any]:
    """Return everything that is there, but for IDs."""
    return {name: host.engine.state(name) for name in host.engine.plugins}


@pytest.fixture
def registry() -> dict[str, t.Any]:
    versions = {"1": "1", "2": "2", "bad": "broken"}
    return {f"{REGISTRY}:{tag}": config_json(version=version) for tag, version in versions.items()}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_broken_off_is_finished_by_the_next(
    tmp_path: Path, registry: dict[str, t.Any], step: str, when: str
) -> None:
    before, wanted = STEPS[step]
    whole = prepared(tmp_path / "whole", before, registry)
    failed = whole.run(**options(whole.folder, wanted)).failed
    count = len(whole.engine.writes)
    assert 0 < count < MOST_WRITES
    # One that cannot work is followed by one that asks for what was there before.
    then = before if failed else wanted
    for number in range(1, count + 1):
        host = prepared(tmp_path / f"{when}{number}", before, registry)
        host.broken_off((when, number), **options(host.folder, wanted))
        assert not host.run(**options(host.folder, then)).failed, host.engine.writes
        assert kinds(host) == kinds(whole), f"{when} call {number}"
        assert not host.run(**options(host.folder, then)).as_dict()["changed"]


@pytest.mark.parametrize("step", STEPS)
def test_where_a_call_fails_something_runs_and_the_next_run_finishes(
    tmp_path: Path, registry: dict[str, t.Any], step: str
) -> None:
    before, wanted = STEPS[step]
    whole = prepared(tmp_path / "whole", before, registry)
    failed = whole.run(**options(whole.folder, wanted)).failed
    then = before if failed else wanted
    for number in range(1, len(whole.engine.writes) + 1):
        host = prepared(tmp_path / f"call{number}", before, registry)
        there = kinds(host)
        host.engine.refused = number
        try:
            report = host.run(**options(host.folder, wanted))
            restored, failed = report.as_dict()["restored"], report.failed
        except errors.SwarmVaultError:
            restored, failed = False, True
        host.engine.refused = 0
        now = kinds(host)
        if restored:
            assert now == there, f"call {number}"
        if not failed:
            assert now.keys() - {TRIAL} == kinds(whole).keys()
        if before and wanted != "absent" and "broken" not in wanted and wanted != "bad":
            assert now[ALIAS]["enabled"], f"call {number}: {host.engine.writes}"
        assert not host.run(**options(host.folder, then)).failed
        assert kinds(host) == kinds(whole), f"call {number}"
