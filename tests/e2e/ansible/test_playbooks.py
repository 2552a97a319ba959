# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of the collection, by their full names, with plain extra variables."""

from __future__ import annotations

import contextlib
import json
import socket
import typing as t

import docker
import docker.errors
import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.docker_options import (
    DOCKER_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.rotate_options import (
    ROTATE_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.vault_options import (
    VAULT_ARGUMENTS,
)

from testbed.engine import NOT_THERE
from testbed.waiting import wait_for
from tests.e2e.support.controller import MANAGER_MODULE, MODULE, Controller, Run, play
from tests.e2e.support.documented import documentation
from tests.e2e.support.reach import to_vault_from_node
from tests.e2e.support.world import World, digest, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed, Node
    from tests.e2e.support.canary import Canaries


def with_a_dead_manager(inventory: Path, path: Path) -> Path:
    """Add a manager that does not answer, before the others."""
    content = json.loads(inventory.read_text())
    group = content["all"]["children"]["swarm_managers"]
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    dead = {"ansible_host": "127.0.0.1", "ansible_port": port}
    group["hosts"] = {"dead": dead, **group["hosts"]}
    path.write_text(json.dumps(content))
    return path


@contextlib.contextmanager
def two_managers_out_of_order(bed: Bed) -> t.Iterator[None]:
    """Demote the second manager and stop the engine of the first, one more keeps the majority."""
    first, second, _third = bed.managers
    (worker,) = bed.workers
    with contextlib.closing(bed.managers[2].client()) as client:
        for node, role in ((worker, "manager"), (second, "worker")):
            set_role(client, node, role)
        first.stop_engine()
        try:
            yield
        finally:
            first.start_engine()
            for node, role in ((second, "manager"), (worker, "worker")):
                set_role(client, node, role)


def set_role(client: docker.APIClient, node: Node, role: str) -> None:
    """Promote or demote a node, and wait until it knows."""
    wanted = role == "manager"

    def asked() -> bool:
        (seen,) = client.nodes(filters={"name": node.name})
        spec = {**seen["Spec"], "Role": role}
        return bool(client.update_node(seen["ID"], seen["Version"]["Index"], spec))

    def knows() -> bool:
        (seen,) = client.nodes(filters={"name": node.name})
        with contextlib.closing(node.client()) as own:
            state = own.info()["Swarm"]
        reachable = seen.get("ManagerStatus", {}).get("Reachability") == "reachable"
        return bool(state["ControlAvailable"]) is wanted and reachable is wanted

    again = (*NOT_THERE, docker.errors.APIError)
    wait_for(f"{node.name} to be told", asked, timeout=60, ignore=again)
    wait_for(f"{node.name} to be a {role}", knows, timeout=60, ignore=again)


def test_the_playbooks_choose_the_first_manager_that_serves(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> None:
    bed = world.bed
    hosts = with_a_dead_manager(inventory, tmp_path / "inventory.json")
    variables = {
        **{f"swarmvault_{key}": value for key, value in to_vault_from_node(bed).items()},
        "swarmvault_vault_token": world.vault.root_token,
        "swarmvault_names": "db",
    }
    for number in (1, 2):
        world.put("playbook/db", password=canaries.value(f"playbook, {number}"))
        world.rotate(vaulted("db", "playbook/db"))

    def run(playbook: str) -> Run:
        return controller.run(
            f"swarmvault.secrets.{playbook}", inventory=hosts, variables=variables
        )

    with two_managers_out_of_order(bed):
        runs = [run("rotate"), run("rollback")]

    for done in runs:
        assert done.code == 0, done.output
        assert done.rotation.host == bed.managers[2].name
        told = done.task("Tell which were passed over").msg
        for host, reason in (
            ("dead: ", "Connection refused"),
            (f"{bed.managers[0].name}: ", "the socket /var/run/docker.sock does not exist"),
            (f"{bed.managers[1].name}: ", "it is a worker of the swarm"),
        ):
            assert host in told
            assert reason in told
    assert [secret["action"] for secret in runs[1].rotation["secrets"]] == ["rolled_back"]


@pytest.mark.parametrize("playbook", ["rotate", "rollback"])
def test_a_playbook_without_a_manager_names_each_host_with_its_reason(
    world: World, controller: Controller, inventory: Path, tmp_path: Path, playbook: str
) -> None:
    hosts = with_a_dead_manager(inventory, tmp_path / "inventory.json")
    content = json.loads(hosts.read_text())
    one = content["all"]["children"]["swarm_managers"]["hosts"][world.bed.managers[0].name]
    content["all"]["hosts"]["bare"] = {**one, "ansible_python_interpreter": "/usr/bin/nowhere"}
    hosts.write_text(json.dumps(content))
    (worker,) = world.bed.workers

    done = controller.run(
        f"swarmvault.secrets.{playbook}",
        inventory=hosts,
        variables={"swarmvault_names": "db", "swarmvault_hosts": f"dead:bare:{worker.name}"},
    )

    assert done.code != 0
    msg = done.task("Stop when none does").msg
    for part in ("No manager", "dead: ", "Connection refused", f"{worker.name}: it is a worker"):
        assert part in msg
    assert "bare: " in msg
    assert not [result for result in done.results if result.action == MODULE]


def test_rotate_and_rollback_work_on_the_first_manager_that_answers(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> None:
    hosts = with_a_dead_manager(inventory, tmp_path / "inventory.json")
    first, second = canaries.value("playbook, first"), canaries.value("playbook, second")
    world.put("playbook/db", password=first)
    world.secret("db", first, {"vault_path": "playbook/db", "vault_field": "password"})
    world.service("web", {"db": "db"})
    rotating = {
        **{f"swarmvault_{key}": value for key, value in to_vault_from_node(world.bed).items()},
        "swarmvault_vault_token": world.vault.root_token,
        "swarmvault_names": "",  # as a survey leaves it: then labels tell what to rotate
    }

    def run(playbook: str, variables: dict[str, t.Any]) -> Run:
        done = controller.run(
            f"swarmvault.secrets.{playbook}", inventory=hosts, variables=variables
        )
        assert done.code == 0, done.output
        assert done.rotation.host == world.bed.managers[0].name
        return done

    run("rotate", rotating)
    assert world.references("web") == {"db": "db_v1"}
    world.put("playbook/db", password=second)
    rotated = run("rotate", {**rotating, "swarmvault_wait_timeout": "60"})
    assert world.references("web") == {"db": "db_v2"}
    assert world.shown("web", "db") == {digest(second)}
    assert rotated.rotation["invocation"]["module_args"]["wait_timeout"] == 60

    back = run("rollback", {"swarmvault_names": "db"})

    assert world.references("web") == {"db": "db_v1"}
    assert world.shown("web", "db") == {digest(first)}
    # What a schedule leaves in its log.
    assert back.task("Show what was done")["msg"]["summary"] == back.rotation.msg
    assert run("rotate", rotating).rotation["changed"] is False


#: What a survey makes of answers: text, whatever the option's type is.
ANSWERS = {
    "vault_url": "{url}\n",
    "vault_validate_certs": "true",
    "vault_timeout": "20",
    "vault_retries": "0",
    "timeout": "30",
    "use_ssh_client": "false",
    "keep_versions": "3",
    "wait": "no",
    "wait_timeout": "45",
    "max_parallel": "2",
    "on_failure": "rollback_all",
    "on_source_error": "keep",
    "force": "False",
}
MEANT = {
    "vault_validate_certs": True,
    "vault_timeout": "20",
    "timeout": 30,
    "use_ssh_client": False,
    "keep_versions": 3,
    "wait": False,
    "wait_timeout": 45,
    "max_parallel": 2,
    "on_failure": "rollback_all",
    "on_source_error": "keep",
    "force": False,
    "discover": False,
}
OPTIONS = {**ROTATE_ARGUMENTS, **DOCKER_ARGUMENTS, **VAULT_ARGUMENTS}


def test_answers_of_a_survey_mean_what_they_say(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    world.put("survey/db", user="shop", password=canaries.value("survey"))
    listed = """
      - name: survey_db
        vault_path: survey/db
        vault_field: password
    """

    def run(**answers: t.Any) -> Run:
        variables = {f"swarmvault_{key}": value for key, value in answers.items()}
        return controller.run(
            "swarmvault.secrets.rotate", "--check", inventory=inventory, variables=variables
        )

    def arguments(done: Run) -> dict[str, t.Any]:
        assert done.code == 0, done.output
        return dict(done.rotation["invocation"]["module_args"])

    vault = {**to_vault_from_node(world.bed), "vault_token": world.vault.root_token}
    answers = {**ANSWERS, "vault_url": ANSWERS["vault_url"].format(url=world.vault.url)}
    answered = run(**{**vault, **answers, "secrets": listed, "names": "", "hosts": ""})
    given = arguments(answered)
    assert {key: given[key] for key in MEANT} == MEANT
    assert given["vault_url"] == [world.vault.url]
    assert str(given["vault_retries"]) == "0"
    assert [secret["name"] for secret in answered.rotation["secrets"]] == ["survey_db"]

    # A question that was not answered is as one that was not asked.
    defaults = arguments(run())
    assert defaults["discover"] is True
    for nothing in ("", None):
        unanswered = dict.fromkeys([*OPTIONS, "names", "hosts"], nothing)
        assert arguments(run(**unanswered)) == defaults

    # Nothing is an answer where it is one: no proxy, no retries.
    assert arguments(run(vault_proxies={}, vault_retries=0))["vault_proxies"] == {}


@pytest.mark.parametrize("secrets", ["db", "name: db", "{db: {vault_path: x}}"])
def test_secrets_that_are_not_a_list_are_refused_with_the_way_to_write_them(
    controller: Controller, inventory: Path, secrets: str
) -> None:
    done = controller.run(
        "swarmvault.secrets.rotate",
        inventory=inventory,
        variables={"swarmvault_secrets": secrets},
    )
    assert done.code != 0
    msg = done.task("Stop when the secrets are not a list").msg
    assert "swarmvault_secrets must be a list" in msg
    assert "swarmvault_names" in msg


def test_the_examples_of_the_module_that_tells_of_managers_run_as_they_stand_there(
    world: World, controller: Controller, inventory: Path
) -> None:
    tasks = yaml.safe_load(documentation(controller, MANAGER_MODULE)["examples"])
    run = controller.run([play(*tasks, hosts="swarm_workers:swarm_managers")], inventory=inventory)
    assert run.code == 0, run.output
    chosen = {
        result["ansible_facts"]["chosen"]
        for result in run.results
        if "ansible_facts" in result.result and "chosen" in result["ansible_facts"]
    }
    assert chosen == {world.bed.managers[0].name}
