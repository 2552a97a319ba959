# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that configures AWX, with the real modules of awx.awx."""

from __future__ import annotations

import json
import os
import typing as t

import pytest

from tests.awx_forms import make
from tests.checks.awx.collection import collections
from tests.checks.awx.recorder import Recorder, serving
from tests.checks.tools import run_tool, tool_environment
from tests.collection_path import COLLECTIONS
from tests.e2e.support import awx

VARIABLES = {
    "swarmvault_awx_image": "registry.example.com/swarmvault-ee:1.0",
    "swarmvault_awx_project_url": "https://git.example.com/swarmvault.secrets.git",
}


def configure(address: str, variables: dict[str, t.Any], *, may_fail: bool = False) -> str:
    """Run the playbook against something that speaks as AWX does."""
    paths = os.pathsep.join([str(COLLECTIONS), str(collections())])
    return run_tool(
        "ansible-playbook",
        "swarmvault.secrets.configure_awx",
        *("-e", json.dumps(variables)),
        environment=tool_environment(
            ANSIBLE_COLLECTIONS_PATH=paths,
            CONTROLLER_HOST=address,
            CONTROLLER_OAUTH_TOKEN="made-up",
            NO_PROXY="*",
        ),
        may_fail=may_fail,
    )


@pytest.fixture
def recorder() -> Recorder:
    """AWX with what the user has there already."""
    return Recorder(
        organizations="Default", inventories="swarm", credentials="swarm managers", projects="other"
    )


def test_everything_is_made_once(recorder: Recorder) -> None:
    with serving(recorder) as address:
        configure(address, VARIABLES)
        made = list(recorder.writes)
        again = configure(address, VARIABLES)

    assert recorder.writes == made, again
    assert "changed=0" in again
    objects = awx.read(make.FORMS.with_name("awx.yml"))
    forms = awx.read(make.FORMS)
    for kind, of in zip(objects["controller_credential_types"], ("vault", "plugin"), strict=True):
        kept = recorder.named("credential_types", kind["name"])
        # As they are written here: Ansible has made nothing of AWX's own templates.
        assert kept["injectors"] == forms[f"swarmvault_awx_{of}_injectors"]
        assert kept["inputs"] == forms[f"swarmvault_awx_{of}_inputs"]
    for template in objects["controller_templates"]:
        found = recorder.named("job_templates", template["name"])
        playbook = template["playbook"].removeprefix("playbooks/").removesuffix(".yml")
        assert found["survey_spec"] == forms["swarmvault_awx_surveys"][playbook]
        named = [one["name"] for one in found["credentials"]]
        assert "swarm managers" in named
        assert all(one in template["credentials"] or one == "swarm managers" for one in named)
    (schedule,) = recorder.objects["schedules"]
    assert (
        schedule["unified_job_template"]
        == recorder.named("job_templates", "swarmvault rotate")["id"]
    )
    assert "inputs" not in recorder.named("credentials", "swarmvault Vault")


def test_what_is_missing_is_told_before_anything_is_made(recorder: Recorder) -> None:
    with serving(recorder) as address:
        told = configure(address, {}, may_fail=True)
    assert "Set swarmvault_awx_image" in told
    assert recorder.writes == []
