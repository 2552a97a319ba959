# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as jobs of AWX: its release of ansible-core, surveys, credentials, artifacts."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest

from testbed import Bed
from tests.collection_path import ROOT
from tests.e2e.conftest import OLDEST
from tests.e2e.role import archives
from tests.e2e.support import awx
from tests.e2e.support.beds import bed_name, kept
from tests.e2e.support.documented import guide_blocks
from tests.e2e.support.reach import BARE_INTERPRETER
from tests.e2e.support.releases import OF_AWX, controller_of
from tests.e2e.support.world import World, digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller
    from tests.e2e.support.releases import ReleaseController
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

    def __init__(self, started_by: awx.Awx, canaries: Canaries) -> None:
        self._awx = started_by
        self._canaries = canaries

    def run(
        self,
        name: str,
        answers: dict[str, t.Any],
        credential: tuple[str, dict[str, str]] | None = None,
        project: str | None = None,
    ) -> Job:
        """Start one with answers of its survey.

        :param credential: which of the two types, and what is entered.
        """
        values: dict[str, str] = {}
        injected = None
        if credential:
            kind, values = credential
            injected = (FORMS[f"swarmvault_awx_{kind}_injectors"], values)
        job = self._awx.launch(
            template(f"swarmvault {name}")["playbook"],
            awx.answered(FORMS["swarmvault_awx_surveys"][name], answers),
            injected,
            project,
        )
        assert job.code == 0, job.output
        for part in ("command", "stdout", "job_events"):
            assert (job.directory / part).exists()
        assert "swarmvault.secrets." in str(list(self.events(job)))
        assert self._canaries.found_in(job.output) == []
        assert self._canaries.found_below(job.directory) == {}
        # That they could have been found.
        assert bool(self._canaries.found_below(job.directory.parents[1] / "env")) is bool(values)
        return job

    @staticmethod
    def events(job: Job) -> t.Iterator[dict[str, t.Any]]:
        """Give what is kept of each task."""
        for path in (job.directory / "job_events").glob("*.json"):
            yield json.loads(path.read_text())


@pytest.fixture(scope="module")
def of_awx(controller: Controller) -> ReleaseController:
    """The release of ansible-core that AWX has."""
    return controller_of(OF_AWX, controller)


def as_inventory(path: Path, name: str, host: dict[str, t.Any]) -> Path:
    """Write an inventory with one manager."""
    path.write_text(json.dumps({"all": {"children": {"swarm_managers": {"hosts": {name: host}}}}}))
    return path


@pytest.fixture
def login(world: World, canaries: Canaries) -> dict[str, str]:
    """What is entered for rotations."""
    world.vault.policy("awx", POLICY)
    role_id, secret_id = world.vault.approle("awx", ["awx"])
    canaries.watch("secret_id", secret_id)
    return {
        "vault_url": world.vault.url,
        "vault_ca_cert": str(world.vault.ca_cert),
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
        # What would be a template, and end a text, if it were taken for one.
        "hash_key": canaries.value("hash key") + "{{ '\"\\ }}",
    }


def test_awx_rotates_and_rolls_back_from_answers_of_a_survey(
    world: World,
    of_awx: ReleaseController,
    login: dict[str, str],
    canaries: Canaries,
    tmp_path: Path,
) -> None:
    engine = {f"swarmvault_{key}": value for key, value in world.bed.docker_options().items()}
    local = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    inventory = as_inventory(tmp_path / "hosts.json", "swarm", {**local, **engine})
    jobs = Jobs(awx.Awx(of_awx, inventory), canaries)
    credential = ("vault", login)
    first, second = canaries.value("awx, first"), canaries.value("awx, second")
    world.put("awx/db", password=first)
    world.secret("db", first, {"vault_path": "awx/db", "vault_field": "password"})
    world.service("web", {"db": "db"})

    jobs.run("rotate", {}, credential)  # as a schedule does: no question is answered
    assert world.references("web") == {"db": "db_v1"}

    # From a project of one's own, as the guide has it.
    (imported,) = [one for one in guide_blocks("guide_awx", "yaml") if "import_playbook" in one]
    world.put("awx/db", password=second)
    answers = {
        "swarmvault_names": "",
        "swarmvault_secrets": "- name: db\n  vault_path: awx/db\n  vault_field: password\n",
        "swarmvault_wait_timeout": 60.0,
        "swarmvault_force": "false",
        "swarmvault_discover_paths": "",
    }
    jobs.run("rotate", answers, credential, project=imported)
    assert world.references("web") == {"db": "db_v2"}
    assert world.shown("web", "db") == {digest(second)}

    jobs.run("rollback", {"swarmvault_names": "db"}, credential)
    assert world.references("web") == {"db": "db_v1"}


@pytest.fixture
def one_manager() -> t.Iterator[Bed]:
    """A Swarm of one node with the oldest engine."""
    bed = Bed.up(name=f"{bed_name()}-awx", generation=OLDEST, managers=1, workers=0)
    yield bed
    if not kept():
        bed.down()


@pytest.fixture
def archive(controller: Controller) -> Path:
    """The plugin, where a job can see it."""
    return archives.build(controller.directory / "secretprovider.tar")


def test_awx_installs_and_removes_the_plugin_from_answers_of_a_survey(
    one_manager: Bed,
    of_awx: ReleaseController,
    archive: Path,
    canaries: Canaries,
    tmp_path: Path,
) -> None:
    bed = one_manager
    (node,) = bed.managers
    role_id, secret_id = bed.vault.approle("awx-plugin", ["default"])
    canaries.watch("secret_id of the plugin", secret_id)
    over_ssh = {
        # The image that ansible-core 2.16 runs in has no ssh.
        "ansible_connection": "paramiko",
        "ansible_host": node.ip,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(bed.ssh_key),
        "ansible_host_key_checking": False,
        "ansible_python_interpreter": BARE_INTERPRETER,
    }
    jobs = Jobs(
        awx.Awx(of_awx, as_inventory(tmp_path / "hosts.json", node.name, over_ssh)), canaries
    )
    entered = {
        "role_id": role_id,
        "secret_id": secret_id,
        "ca_pem": bed.vault.ca_cert.read_text(),
    }
    settings = f"VAULT_ADDR: {bed.vault.url}\nVAULT_AUTH_METHOD: approle\n"
    answers = {"secretprovider_source": str(archive), "secretprovider_settings": settings}

    jobs.run("install", answers, ("plugin", entered))

    with contextlib.closing(bed.client()) as client:
        (plugin,) = client.plugins()
        assert plugin["Enabled"]
        assert f"VAULT_ADDR={bed.vault.url}" in plugin["Settings"]["Env"]
    found = node.exec(["stat", "-c", "%a %n", "/etc/vault-secrets-plugin/secret_id"]).stdout
    assert found.startswith("600 ")

    jobs.run("remove", {})
    with contextlib.closing(bed.client()) as client:
        assert client.plugins() == []
