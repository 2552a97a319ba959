# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines and metrics that a scheduled run of the playbook leaves, from what Ansible tells."""

from __future__ import annotations

import json
import types
import typing as t
from pathlib import Path

import pytest
from ansible import context
from ansible.utils.context_objects import CLIArgs
from ansible_collections.swarmvault.secrets.plugins.callback.rotation_log import CallbackModule
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._schedule import textfile

ROTATED = {
    "msg": "Secrets: 1 rotated, 1 unchanged; 1 service updated.",
    "changed": True,
    "secrets": [
        {
            "name": name,
            "action": action,
            "current": f"{name}_v2",
            "previous": None,
            "source_version": 2,
            "reason": "new value in source version 2",
            "expires": None,
            "renews": None,
            "offered_version": 2,
        }
        for name, action in (("db", "rotated"), ("api", "unchanged"))
    ],
    "services": [
        {
            "name": "web",
            "action": "updated",
            "state": "converged",
            "duration": 1.26,
            "secrets": ["db"],
            "reason": "db_v1 is replaced by db_v2",
        }
    ],
    "retired": ["db_v0"],
    "revoked": [],
    "warnings": ["look at this"],
}


def task(action: str, result: dict[str, t.Any], *, old: bool = False) -> t.Any:
    """Return a result as Ansible hands it over; before 2.19 its parts are private."""
    name = f"swarmvault.secrets.{action}"
    parts = {
        "task": types.SimpleNamespace(action=name, resolved_action=name, get_name=lambda: " Do it"),
        "host": types.SimpleNamespace(get_name=lambda: "localhost"),
        "result": result,
    }
    return types.SimpleNamespace(**{f"_{key}" if old else key: parts[key] for key in parts})


def manager(*, leads: bool = True) -> t.Any:
    return task("swarm_manager_info", {"ready": True, "leader": leads, "changed": False})


class Schedule:
    """One run of the playbook."""

    def __init__(self, directory: Path | None = None, *, check: bool = False) -> None:
        context.CLIARGS = CLIArgs({"check": check})
        self.lines: list[str] = []
        self.callback = CallbackModule()
        self.callback._display = types.SimpleNamespace(display=self.lines.append)
        self.callback.get_option = lambda _name: directory and str(directory)

    def end(self, *, failed: bool = False) -> list[dict[str, t.Any]]:
        stats = types.SimpleNamespace(failures={"localhost": 1} if failed else {}, dark={})
        self.callback.v2_playbook_on_stats(stats)
        return [json.loads(line) for line in self.lines]


@pytest.mark.parametrize("old", [False, True])
def test_each_secret_and_service_that_was_touched_has_a_line(old: bool) -> None:
    run = Schedule()
    run.callback.v2_runner_on_ok(manager())
    run.callback.v2_runner_on_ok(task("swarm_secret_rotate", ROTATED, old=old))
    told = [
        (one["level"], one["event"], one.get("service") or one.get("secret")) for one in run.end()
    ]
    assert told == [
        ("info", "rotation: secret rotated", "db"),
        ("info", "rotation: service updated", "web"),
        ("info", "rotation: version removed", "db_v0"),
        ("warning", "rotation: warning", None),
        ("info", "rotation: done", None),
    ]
    assert {"timestamp", "reason", "outcome", "duration", "secret"} <= run.end()[1].keys()


def test_a_manager_that_does_not_lead_says_so() -> None:
    run = Schedule()
    run.callback.v2_runner_on_ok(manager(leads=False))
    assert [one["event"] for one in run.end()] == ["rotation: left to the leader"]


def test_a_rotation_that_failed_tells_what_it_did_and_why(tmp_path: Path) -> None:
    run = Schedule(tmp_path)
    run.callback.v2_runner_on_ok(manager())
    failed = {**ROTATED, "msg": "Not everything could be rotated"}
    run.callback.v2_runner_on_failed(task("swarm_secret_rotate", failed))
    told = run.end(failed=True)
    assert [one["event"] for one in told if one["level"] == "error"] == [
        "rotation: task failed",
        "rotation: failed",
    ]
    assert told[-1]["reason"] == "Not everything could be rotated"
    assert "rotation: service updated" in {one["event"] for one in told}
    assert textfile.load(tmp_path).up == 0


def test_a_failure_that_is_ignored_is_no_failure() -> None:
    run = Schedule()
    run.callback.v2_runner_on_failed(task("other", {"msg": "no"}), ignore_errors=True)
    assert [one["level"] for one in run.end()] == ["info"]


def test_a_host_that_is_out_of_reach_is_told() -> None:
    run = Schedule()
    run.callback.v2_runner_on_unreachable(task("swarm_manager_info", {"msg": "no route"}))
    told = run.end(failed=True)
    assert [(one["event"], one["reason"]) for one in told] == [
        ("rotation: task failed", "no route"),
        ("rotation: failed", "no route"),
    ]


def test_counters_go_on_from_run_to_run_and_not_in_check_mode(tmp_path: Path) -> None:
    for check in (False, True, False):
        run = Schedule(tmp_path, check=check)
        run.callback.v2_runner_on_ok(manager())
        run.callback.v2_runner_on_ok(task("swarm_secret_rotate", ROTATED))
        run.end()
    known = textfile.load(tmp_path)
    assert (known.runs, known.leads, known.up) == (2, 1, 1)
    assert known.secret_outcomes["rotated"] == 2
    assert known.secrets.keys() == {"db", "api"}


def test_a_folder_that_cannot_be_written_is_told_and_fails_nothing(tmp_path: Path) -> None:
    run = Schedule(tmp_path / "none")
    run.callback.v2_runner_on_ok(manager())
    told = run.end()[-1]
    assert (told["level"], told["event"]) == ("error", "rotation: no metrics")
    assert str(tmp_path / "none") in told["reason"]


def test_the_journal_is_told_how_bad_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    run = Schedule()
    run.callback.v2_runner_on_ok(manager())
    run.callback.v2_runner_on_failed(task("swarm_secret_rotate", {"msg": "it failed"}))
    with pytest.raises(json.JSONDecodeError):
        run.end(failed=True)
    assert [line[:3] for line in run.lines] == ["<3>", "<3>"]


def test_a_line_stays_one_line_whatever_stands_in_it() -> None:
    run = Schedule()
    odd = {"msg": "two\nlines \x1b[31m \u2028 and more " + "x" * 10_000}
    run.callback.v2_runner_on_failed(task("other", odd))
    run.end(failed=True)
    for line in run.lines:
        assert line.isprintable()
        assert len(line) < 5_000
