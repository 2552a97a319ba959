# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as jobs of AWX: its release of ansible-core, surveys, credentials, artifacts."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.collection_path import ROOT
from tests.e2e.support import awx
from tests.e2e.support.documented import guide_blocks
from tests.e2e.support.releases import OF_AWX, controller_of
from tests.e2e.support.world import World, digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller
    from tests.e2e.support.runner import Job

FORMS = awx.read(ROOT / "playbooks" / "vars" / "awx_forms.yml")
OBJECTS = awx.read(ROOT / "playbooks" / "vars" / "awx.yml")
#: What may be read with the credential, and a method that takes two values.
POLICY = """
path "secret/data/awx/*" { capabilities = ["read"] }
path "secret/metadata/awx/*" { capabilities = ["read"] }
"""


def template(name: str) -> dict[str, t.Any]:
    """Return a job template."""
    (found,) = [one for one in OBJECTS["controller_templates"] if one["name"] == name]
    return dict(found)


class Jobs:
    """Starts job templates, and looks at what is kept of each job."""

    def __init__(self, started_by: awx.Awx, canaries: Canaries, values: dict[str, str]) -> None:
        self._awx = started_by
        self._canaries = canaries
        self._values = values

    def run(self, name: str, answers: dict[str, t.Any], project: str | None = None) -> Job:
        """Start one with answers of its survey."""
        job = self._awx.launch(
            template(f"swarmvault {name}")["playbook"],
            awx.answered(FORMS["swarmvault_awx_surveys"][name], answers),
            (FORMS["swarmvault_awx_vault_injectors"], self._values),
            project,
        )
        assert job.code == 0, job.output
        for kept in ("command", "stdout", "job_events"):
            assert (job.directory / kept).exists()
        assert "swarmvault.secrets.swarm_secret_rotate" in str(list(self.events(job)))
        assert self._canaries.found_in(job.output) == []
        assert self._canaries.found_below(job.directory) == {}
        # That they could have been found.
        assert self._canaries.found_below(job.directory.parents[1] / "env")
        return job

    @staticmethod
    def events(job: Job) -> t.Iterator[dict[str, t.Any]]:
        """Give what is kept of each task."""
        for path in (job.directory / "job_events").glob("*.json"):
            yield json.loads(path.read_text())


@pytest.fixture
def jobs(world: World, controller: Controller, canaries: Canaries, tmp_path: Path) -> Jobs:
    """AWX, with this machine as a host that reaches the engine of a manager."""
    using = controller_of(OF_AWX, controller)
    world.vault.policy("awx", POLICY)
    role_id, secret_id = world.vault.approle("awx", ["awx"])
    canaries.watch("secret_id", secret_id)
    values = {
        "vault_url": world.vault.url,
        "vault_ca_cert": str(world.vault.ca_cert),
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
        # What would be a template, and end a text, if it were taken for one.
        "hash_key": canaries.value("hash key") + "{{ '\"\\ }}",
    }
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        **{f"swarmvault_{key}": value for key, value in world.bed.docker_options().items()},
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(
        json.dumps({"all": {"children": {"swarm_managers": {"hosts": {"swarm": host}}}}})
    )
    return Jobs(awx.Awx(using, inventory), canaries, values)


def test_awx_rotates_and_rolls_back_from_answers_of_a_survey(
    world: World, jobs: Jobs, canaries: Canaries
) -> None:
    first, second = canaries.value("awx, first"), canaries.value("awx, second")
    world.put("awx/db", password=first)
    world.secret("db", first, {"vault_path": "awx/db", "vault_field": "password"})
    world.service("web", {"db": "db"})

    jobs.run("rotate", {})  # as a schedule does: no question is answered
    assert world.references("web") == {"db": "db_v1"}

    # From a project of one's own, as the guide has it.
    (imported,) = [one for one in guide_blocks("guide_awx", "yaml") if "import_playbook" in one]
    world.put("awx/db", password=second)
    jobs.run(
        "rotate",
        {
            "swarmvault_names": "db\n",
            "swarmvault_wait_timeout": 60.0,
            "swarmvault_force": "false",
            "swarmvault_discover_paths": "",
        },
        project=imported,
    )
    assert world.references("web") == {"db": "db_v2"}
    assert world.shown("web", "db") == {digest(second)}

    jobs.run("rollback", {"swarmvault_names": "db"})
    assert world.references("web") == {"db": "db_v1"}
