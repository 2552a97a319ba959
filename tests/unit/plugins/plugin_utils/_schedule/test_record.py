# SPDX-License-Identifier: GPL-3.0-or-later
"""What a schedule's metrics tell after each run, and that they go on from run to run."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._schedule import textfile
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._schedule.record import (
    Record,
    Run,
    Secret,
    after,
)
from swarmvault_secretprovider import metrics
from swarmvault_secretprovider.health import Health
from swarmvault_secretprovider.rotation_status import Status

NOW = 1_764_000_000.0


def secret(name: str = "db", action: str = "unchanged", **more: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "action": action,
        "current": f"{name}_v2",
        "previous": f"{name}_v1",
        "source_version": 2,
        "reason": "why",
        "expires": None,
        "renews": None,
        "offered_version": 2,
        **more,
    }


def service(
    name: str = "web", state: str = "converged", action: str = "updated"
) -> dict[str, t.Any]:
    return {
        "name": name,
        "action": action,
        "state": state,
        "duration": 1.25,
        "secrets": ["db"],
        "reason": "why",
    }


def result(*things: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {
        "changed": False,
        "secrets": [one for one in things if "current" in one],
        "services": [one for one in things if "state" in one],
        "retired": [],
        "revoked": [],
        **more,
    }


def run(*things: dict[str, t.Any], failed: bool = False, leads: bool = True) -> Run:
    return Run(leads=leads, results=[result(*things)] if things else [], failed=failed)


def test_a_leader_that_found_nothing_has_verified_all_its_secrets() -> None:
    known = after(Record(), run(secret()), NOW)
    assert known == Record(
        leads=1,
        up=1,
        last_run=NOW,
        last_success=NOW,
        runs=1,
        secrets={"db": Secret(NOW, 1, source_version=2, running_version=2)},
    )


def test_a_manager_that_does_not_lead_knows_nothing_of_secrets_and_keeps_its_counters() -> None:
    before = after(Record(), run(secret(action="rotated"), service()), NOW - 60)
    known = after(before, run(leads=False), NOW)
    assert (known.leads, known.up, known.last_run) == (0, 1, NOW)
    assert (known.secrets, known.services) == ({}, {})
    assert known.last_success == NOW - 60, "it did not rotate"
    assert (known.secret_outcomes, known.service_outcomes) == ({"rotated": 1}, {"converged": 1})
    assert known.runs == 2


def test_a_secret_that_could_not_be_read_keeps_the_time_of_its_last_verification() -> None:
    before = after(Record(), run(secret(source_version=1, offered_version=1)), NOW - 60)
    for action, failed in (("kept", False), ("failed", True)):
        unread = secret(action=action, source_version=None, offered_version=None)
        known = after(before, run(unread, failed=failed), NOW)
        assert known.secrets["db"] == Secret(NOW - 60, 0, source_version=1, running_version=1)
        assert (known.up, known.last_success, known.last_failure) == (0, NOW - 60, NOW)
        assert known.failures == 1


def test_a_rejected_value_is_seen_by_the_version_that_runs() -> None:
    rejected = secret(action="quarantined", source_version=1, offered_version=2)
    known = after(Record(), run(rejected, service(state="rolled_back"), failed=True), NOW)
    assert known.secrets["db"] == Secret(NOW, 0, source_version=2, running_version=1)
    assert known.services == {"web": 0}
    assert known.service_outcomes == {"rolled_back": 1}


def test_the_terms_of_a_credential_are_times() -> None:
    leased = secret(expires="2026-11-24T09:00:00Z", renews="2026-11-24T08:00:00Z")
    known = after(Record(), run(leased), NOW).secrets["db"]
    assert known.expires is not None
    assert known.renews == known.expires - 3600


def test_a_run_that_fails_before_it_rotates_forgets_nothing_of_a_leader() -> None:
    before = after(Record(), run(secret(), service(state="late"), failed=True), NOW - 60)
    known = after(before, run(failed=True), NOW)
    assert (known.secrets, known.services) == (before.secrets, before.services)
    assert (known.failures, known.leads) == (2, 1)


def test_what_a_run_does_not_know_any_more_is_gone() -> None:
    before = after(Record(), run(secret(), secret("old"), service()), NOW - 60)
    known = after(before, run(secret(), secret("gone", "removed")), NOW)
    assert list(known.secrets) == ["db"]
    assert known.services == {}
    others = [service(state, state) for state in ("gone", "superseded", "skipped")]
    assert after(before, run(secret(), *others), NOW).services == {}


def test_what_waves_did_one_after_the_other_is_taken_together() -> None:
    waves: list[t.Mapping[str, t.Any]] = [
        result(secret(action="rotated"), service("web")),
        result(secret(), service("api", "late")),
    ]
    known = after(Record(), Run(leads=True, results=waves, failed=True), NOW)
    assert known.services == {"web": 1, "api": 0}
    assert known.secret_outcomes == {"rotated": 1}


FULL = Record(
    leads=1,
    up=0,
    last_run=NOW + 0.25,
    last_success=NOW,
    last_failure=NOW + 0.25,
    runs=12,
    failures=3,
    secrets={
        "db": Secret(NOW, 1, 2, 2, NOW + 60, NOW + 30),
        'odd "\\\n name': Secret(NOW, 0),
    },
    services={"web": 1, "api": 0},
    secret_outcomes={
        "created": 0, "failed": 0, "kept": 0, "quarantined": 0, "rotated": 4, "adopted": 1
    },
    service_outcomes={"converged": 2, "failed": 0, "late": 0, "rolled_back": 1},
)  # fmt: skip


def test_a_file_says_all_that_is_known_and_is_read_back() -> None:
    text = textfile.rendered(FULL).decode()
    assert textfile.read(text) == FULL
    assert 'swarmvault_rotation_secrets_total{outcome="rotated"} 4.0' in text
    shown = {line.partition("{")[0].split()[0] for line in text.splitlines() if line[0] != "#"}
    assert shown == textfile.names()


def test_every_attribute_has_its_metric() -> None:
    told = {name for name, _text in (*textfile.GAUGES.values(), *textfile.COUNTERS.values())}
    told |= {one.attribute for one in textfile.LABELLED.values()} | {"secrets"}
    assert told == {one.name for one in dataclasses.fields(Record)}
    of_secrets = {name for name, _text in textfile.OF_SECRETS.values()}
    assert of_secrets == {one.name for one in dataclasses.fields(Secret)}


def test_what_the_plugin_tells_too_has_the_same_name_and_words() -> None:
    health = Health([], lambda: Status(leads=True, last_success=NOW))
    plugin = metrics.Metrics(health).rendered().decode()
    shared = {
        name: text
        for name, (_attribute, text) in textfile.GAUGES.items()
        if f"# HELP {name} " in plugin
    }
    assert len(shared) >= 3
    for name, text in shared.items():
        assert f"# HELP {name} {text}\n" in plugin


@pytest.mark.parametrize("text", ["", "not metrics at all {", "swarmvault_rotation_up"])
def test_a_file_that_cannot_be_read_begins_anew(text: str) -> None:
    assert textfile.read(text) == Record()


def test_a_file_is_replaced_at_once_and_everybody_may_read_it(tmp_path: Path) -> None:
    assert textfile.load(tmp_path) == Record()
    textfile.store(tmp_path, FULL)
    textfile.store(tmp_path, dataclasses.replace(FULL, runs=13))
    assert textfile.load(tmp_path).runs == 13
    (only,) = tmp_path.iterdir()
    assert only.stat().st_mode & 0o777 == 0o644


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / textfile.NAME).mkdir()
    with pytest.raises(OSError, match=textfile.NAME):
        textfile.store(tmp_path, FULL)
    assert [path.name for path in tmp_path.iterdir()] == [textfile.NAME]
