# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps an engine from answering is the answer, and not a failed task."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.swarmvault.secrets.plugins.doc_fragments import vault_ignored
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.manager_info import (
    ManagerReport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.vault_options import (
    VAULT_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.diagnosis.manager import (
    ManagerState,
)
from ansible_collections.swarmvault.secrets.plugins.modules import swarm_manager_info


def told(capsys: pytest.CaptureFixture[str], **options: t.Any) -> dict[str, t.Any]:
    with patch_module_args(options), pytest.raises(SystemExit) as ended:
        swarm_manager_info.main()
    assert not ended.value.code
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("host", "reason"),
    [("unix:///{}/none.sock", "does not exist"), ("no address", "docker_host 'no address'")],
)
def test_an_engine_that_cannot_be_asked_is_not_ready(
    host: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = told(capsys, docker_host=host.format(tmp_path), vault_token="not used")
    assert (result["ready"], result["node"], result["changed"]) == (False, None, False)
    assert reason in result["reason"]
    assert reason in result["msg"]


def test_a_manager_that_serves_is_ready() -> None:
    report = ManagerReport(ManagerState("manager1", None))
    expected = {"changed": False, "ready": True, "reason": None, "node": "manager1"}
    assert report.as_dict() == {**expected, "leader": False}
    leading = ManagerReport(ManagerState("manager1", None, leads=True))
    assert leading.as_dict() == {**expected, "leader": True}
    assert report.message == "manager1 is a manager that serves."
    assert (report.failed, report.warnings) == (False, ())


def test_every_option_of_vault_is_documented_as_not_used() -> None:
    """The group's defaults reach each module: one that it does not know fails the task."""
    options = yaml.safe_load(vault_ignored.ModuleDocFragment.DOCUMENTATION)["options"]
    shape = {
        name: {key: option[key] for key in ("type", "elements", "choices") if key in option}
        for name, option in options.items()
    }
    assert shape == {
        name: {key: argument[key] for key in ("type", "elements", "choices") if key in argument}
        for name, argument in VAULT_ARGUMENTS.items()
    }
