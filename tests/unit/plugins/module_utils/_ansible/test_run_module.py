# SPDX-License-Identifier: GPL-3.0-or-later
"""A report or an error becomes the end of a task, and nothing of a value gets into it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.module import run_module
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError

CANARY = "canary-91c0"


class Ended(BaseException):
    """Stands for the exit of the process."""


@dataclass
class Task:
    """What Ansible's module object is to the edge."""

    _diff: bool = False
    warnings: list[str] = field(default_factory=list)
    result: dict[str, t.Any] = field(default_factory=dict)

    def warn(self, warning: str) -> None:
        self.warnings.append(warning)

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        self.result = kwargs
        raise Ended

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        self.result = {"failed": True, "msg": msg, **kwargs}
        raise Ended


@dataclass
class Outcome:
    failed: bool = False
    message: str = "1 rotated"
    warnings: t.Sequence[str] = ()

    def as_dict(self) -> dict[str, t.Any]:
        return {"changed": True, "retired": ["db_v1"]}

    def diff(self) -> dict[str, str]:
        return {"before": "db_v1\n", "after": "db_v2\n"}


def ended(work: t.Callable[[], Outcome], *, diff: bool = False) -> Task:
    task = Task(_diff=diff)
    with pytest.raises(Ended) as caught:
        run_module(task, work)
    # Ansible adds an exception that is pending to what it prints.
    assert caught.value.__context__ is None
    return task


def test_a_report_is_the_result() -> None:
    task = ended(lambda: Outcome(warnings=["look at db"]))
    assert task.result == {"msg": "1 rotated", "changed": True, "retired": ["db_v1"]}
    assert task.warnings == ["look at db"]


def test_diff_mode_adds_the_diff() -> None:
    assert ended(Outcome, diff=True).result["diff"] == {"before": "db_v1\n", "after": "db_v2\n"}


def test_a_failed_report_fails_with_the_same_lists() -> None:
    task = ended(lambda: Outcome(failed=True, message="web failed", warnings=["and db"]))
    assert task.result["failed"] is True
    assert task.result["msg"] == "web failed"
    assert task.result["retired"] == ["db_v1"]
    assert task.result["changed"] is True
    assert task.warnings == ["and db"]


def test_a_domain_error_is_told_with_its_remedy() -> None:
    def work() -> Outcome:
        raise SourceError("Vault is sealed.", "Unseal it.") from ValueError(CANARY)

    result = ended(work).result
    assert result == {"failed": True, "msg": "Vault is sealed. Unseal it.", "exception": None}


def test_an_unexpected_error_tells_the_place_and_never_its_text() -> None:
    def work() -> Outcome:
        try:
            int(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error
        raise AssertionError

    result = ended(work).result
    assert "Unexpected KeyError" in result["msg"]
    assert "test_run_module.py" in result["msg"]
    assert "ValueError" in result["exception"]
    assert "in work" in result["exception"]
    assert CANARY not in str(result)


def test_a_loop_among_causes_ends() -> None:
    def work() -> Outcome:
        first, second = ValueError(CANARY), KeyError(CANARY)
        first.__cause__, second.__cause__ = second, first
        raise first

    assert CANARY not in str(ended(work).result)
