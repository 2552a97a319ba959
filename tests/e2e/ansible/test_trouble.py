# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Section 3 of the issue: bad input and trouble give a clear error before anything changes.

All cases are tasks of one playbook, run against one Swarm; each is then looked at by itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import typing as t

import pytest

from testbed.pki import Authority
from tests.e2e.support.canary import Canaries
from tests.e2e.support.controller import MODULE, Controller, Run, play, rotating
from tests.e2e.support.reach import BARE_INTERPRETER, over_tcp, to_vault, to_vault_from_node
from tests.e2e.support.snapshot import Snapshot, snapshot
from tests.e2e.support.world import World, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed

#: One that the engine has never heard of would do, too; one with 60 characters leaves no room.
LONG = "n" * 62
LARGE = 512_000


@dataclasses.dataclass(frozen=True)
class Case:
    """One thing that is wrong.

    :param options: of the module; ``secrets`` may be a single entry.
    :param says: parts of the message: the object's name, what is wrong with it, and the remedy.
    :param where: ``localhost`` with the connection options, or a group of nodes over ssh.
    :param keywords: more of the task, for instance who runs it.
    :param among: name of a task with all cases of that name: a run tells of all at once what it
        finds by one look, and each call of a module takes its time.
    """

    options: dict[str, t.Any]
    says: tuple[str, ...]
    where: str = "localhost"
    keywords: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    among: str = ""


def of(name: str, path: str = "trouble/db", **more: t.Any) -> dict[str, t.Any]:
    """Return the options for one logical secret in Vault."""
    return {"secrets": [{"name": name, "vault_path": path, **more}]}


INPUT, SOURCES = "Input that is wrong in itself", "Sources that have nothing to give"
AGAIN = "Correct this and run again."
SOCKET = {"docker_host": "unix:///var/run/docker.sock"}

CASES = {
    "a name that the engine does not take": Case(
        of("db password"), ("'db password'", "only letters, digits", AGAIN), among=INPUT
    ),
    "a name that is too long with its suffix": Case(
        of(LONG), (f"{LONG}_v1", "65 characters", "64", AGAIN), among=INPUT
    ),
    "two entries with one name": Case(
        {
            "secrets": [
                {"name": "twin", "data": "{{ a }}"},
                {"name": "twin", "data": "{{ b }}"},
            ]
        },
        ("twin is listed 2 times", AGAIN),
        among=INPUT,
    ),
    "both data and vault_path": Case(
        of("both", data="{{ a }}"), ("both: both data and vault_path are given", AGAIN), among=INPUT
    ),
    "neither data nor vault_path nor labels": Case(
        {"secrets": [{"name": "nowhere"}]}, ("nowhere: no source", "give vault_path or data")
    ),
    "a field that is missing": Case(
        of("missing", "trouble/many", vault_field="pass"),
        ("missing", "trouble/many has no field 'pass'", "host, password, user", "Set vault_field"),
        among=SOURCES,
    ),
    "a field that is ambiguous": Case(
        of("ambiguous", "trouble/many"),
        ("ambiguous", "trouble/many has several fields", "host, password, user", "Set vault_field"),
        among=SOURCES,
    ),
    "a value in Vault of 512,000 bytes": Case(
        of("large", "trouble/large"),
        ("large", "512,000 bytes", "511,999", "split the value"),
        among=SOURCES,
    ),
    "data of 512,000 bytes": Case(
        {"secrets": [{"name": "large_data", "data": "{{ 'x' * 512000 }}"}]},
        ("large_data: data has 512000 bytes", AGAIN),
        among=INPUT,
    ),
    "an empty value in Vault": Case(
        of("empty", "trouble/empty"), ("empty", "has 0 bytes", "Write a value"), among=SOURCES
    ),
    "empty data": Case(
        {"secrets": [{"name": "empty_data", "data": ""}]},
        ("empty_data: data is empty", AGAIN),
        among=INPUT,
    ),
    "data that is no base64": Case(
        {"secrets": [{"name": "coded", "data": "*{{ a }}", "data_is_b64": True}]},
        ("coded is not base64", "b64encode"),
    ),
    "a version that is deleted": Case(
        of("deleted", "trouble/deleted"),
        ("deleted", "Version 2 of secret/trouble/deleted was deleted", "Undelete"),
        among=SOURCES,
    ),
    "a version that is destroyed": Case(
        of("destroyed", "trouble/destroyed"),
        ("destroyed", "Version 2 of secret/trouble/destroyed is destroyed", "Write a new version"),
        among=SOURCES,
    ),
    "a version that was never there": Case(
        of("pinned", vault_version=9),
        ("pinned", "trouble/db has no version 9", "versions 1 to 1"),
        among=SOURCES,
    ),
    "a path that does not exist": Case(
        of("absent", "trouble/nothing"),
        ("absent", "There is nothing at secret/trouble/nothing", "Check vault_path"),
        among=SOURCES,
    ),
    "a mount that does not exist": Case(
        of("unmounted", vault_mount="nowhere"),
        ("unmounted", "nowhere", "vault_mount"),
        among=SOURCES,
    ),
    "no permission to read metadata": Case(
        {**of("hidden"), "vault_token": "{{ data_only }}"},
        (
            "hidden",
            "the metadata of secret/trouble/db",
            'path "secret/metadata/trouble/db" { capabilities = ["read"] }',
        ),
    ),
    "no permission to read data": Case(
        {**of("hidden"), "vault_token": "{{ metadata_only }}"},
        (
            "hidden",
            "the data of secret/trouble/db",
            'path "secret/data/trouble/db" { capabilities = ["read"] }',
        ),
    ),
    "a wrong token": Case(
        {**of("db"), "vault_token": "{{ a }}"}, ("does not accept the token", "check vault_token")
    ),
    "a wrong secret_id": Case(
        {
            **of("db"),
            "vault_auth_method": "approle",
            "vault_role_id": "nobody",
            "vault_secret_id": "{{ a }}",
        },
        ("refused the login with vault_auth_method approle", "Check the credentials"),
    ),
    "a Vault that cannot be reached": Case(
        {**of("db"), "vault_url": "{{ closed }}"},
        ("cannot be reached: connection refused", "Check vault_url"),
    ),
    "an authority that did not sign Vault's certificate": Case(
        {**of("db"), "vault_ca_cert": "{{ stranger }}"},
        ("is not trusted", "ca.pem (vault_ca_cert)"),
    ),
    "an authority that did not sign the engine's certificate": Case(
        {**of("db"), "ca_path": "{{ stranger }}"},
        ("certificate cannot be verified", "ca_path"),
    ),
    "a worker of the Swarm": Case(
        {**of("db"), "docker_host": "{{ worker }}"},
        ("{worker}", "is a worker of the swarm", "run this on a manager"),
    ),
    "an engine that cannot be reached": Case(
        {**of("db"), "docker_host": "{{ closed | replace('https', 'tcp') }}"},
        ("connection refused", "Check docker_host"),
    ),
    "a service that does not exist": Case(
        of("db", services=[{"name": "web"}, {"name": "shop_wbe"}]),
        ("db: there is no service shop_wbe", AGAIN),
    ),
    "a label that is reserved": Case(
        of("labelled", labels={"swarmvault.version": "7", "vault_path": "x"}),
        ("labelled: label swarmvault.version", "label vault_path", AGAIN),
        among=INPUT,
    ),
    "keep_versions 0": Case(
        {**of("kept"), "keep_versions": 0}, ("keep_versions is 0", AGAIN), among=INPUT
    ),
    "discover with state absent": Case(
        {"discover": True, "state": "absent"}, ("discover goes with state present only", AGAIN)
    ),
    "removing a secret that a service uses": Case(
        {"secrets": [{"name": "db"}], "state": "absent"}, ("db", "web")
    ),
    "over ssh: a worker of the Swarm": Case(
        of("db"), ("is a worker of the swarm", "run this on a manager"), "swarm_workers[0]"
    ),
    "over ssh: no socket of an engine": Case(
        {**of("db"), "docker_host": "unix:///var/run/nowhere.sock"},
        ("the socket /var/run/nowhere.sock does not exist", "docker_host"),
        "swarm_managers[0]",
    ),
    "over ssh: no permission to the socket": Case(
        {**of("db"), **SOCKET},
        ("no permission to open the socket /var/run/docker.sock", "become: true", "'docker'"),
        "swarm_managers[0]",
        {
            "become": True,
            "become_user": "nobody",
            "become_method": "su",
            "vars": {"ansible_become_flags": "-s /bin/sh"},
        },
    ),
    "over ssh: no SDK on the host": Case(
        of("db"),
        ("'docker' cannot be used by /usr/bin/python3", "-m pip install", "docker>=5"),
        "swarm_managers[0]",
        {"vars": {"ansible_python_interpreter": BARE_INTERPRETER}},
    ),
}


def tasks_for(where: str, defaults: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the tasks of the cases at one place."""
    tasks: dict[str, dict[str, t.Any]] = {}
    for name, case in CASES.items():
        if case.where == where:
            task = case.among or name
            options = {**defaults, **case.options}
            if task in tasks:
                before = tasks[task][MODULE]
                options = {**before, **options, "secrets": before["secrets"] + options["secrets"]}
            tasks[task] = {**rotating(task, **options), "ignore_errors": True, **case.keywords}
    return list(tasks.values())


@dataclasses.dataclass(frozen=True)
class Place:
    """A Swarm with a service, and a Vault with troubles."""

    world: World
    controller: Controller
    inventory: Path
    variables: dict[str, t.Any]
    before: Snapshot

    def run(self, *plays: dict[str, t.Any]) -> Run:
        """Run plays with the variables of the cases."""
        return self.controller.run(plays, inventory=self.inventory, variables=self.variables)


@pytest.fixture(scope="module")
def place(
    newest_bed: Bed,
    controller: Controller,
    inventory: Path,
    canaries: Canaries,
    tmp_path_factory: pytest.TempPathFactory,
) -> t.Iterator[Place]:
    """Prepare everything that the cases need."""
    newest_bed.reset()
    stranger = tmp_path_factory.mktemp("stranger")
    Authority("stranger").issue_to(stranger, "stranger")
    with contextlib.closing(newest_bed.client()) as client:
        world = World(bed=newest_bed, client=client, vault=newest_bed.vault)
        _fill_vault(world, canaries)
        world.rotate(vaulted("db", "trouble/old"))
        world.service("web", {"db": "db_v1"})
        world.secret("hidden", "by hand", {"vault_path": "trouble/db"})
        variables = {
            "a": canaries.value("trouble, a"),
            "b": canaries.value("trouble, b"),
            "closed": f"https://127.0.0.1:{_closed_port()}",
            "stranger": str(stranger / "ca.pem"),
            "worker": newest_bed.workers[0].docker_host,
            "token": newest_bed.vault.root_token,
        }
        for kind in ("data", "metadata"):
            path = f'path "secret/{kind}/trouble/*" {{ capabilities = ["read"] }}'
            newest_bed.vault.policy(f"{kind}-only", path)
            variables[f"{kind}_only"] = newest_bed.vault.token([f"{kind}-only"])
            canaries.watch(f"token for {kind}", variables[f"{kind}_only"])
        yield Place(world, controller, inventory, variables, snapshot(world))
        world.forget()


def _fill_vault(world: World, canaries: Canaries) -> None:
    world.put("trouble/old", password=canaries.value("trouble, old"))
    world.put("trouble/db", password=canaries.value("trouble, db"))
    world.put(
        "trouble/many", **{name: canaries.value(name) for name in ("user", "password", "host")}
    )
    world.put("trouble/empty", password="")
    world.put("trouble/large", password=canaries.value("trouble, large").ljust(LARGE, "x"))
    for path in ("trouble/deleted", "trouble/destroyed"):
        for number in (1, 2):
            world.put(path, password=canaries.value(f"{path}, {number}"))
    kv = world.vault.client().secrets.kv.v2
    kv.delete_latest_version_of_secret("trouble/deleted")
    kv.destroy_secret_versions("trouble/destroyed", [2])


def _closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def all_cases(place: Place) -> tuple[Run, Snapshot]:
    """Run every case, and look at the Swarm afterwards."""
    bed = place.world.bed
    # One try: that it is tried again is shown elsewhere.
    common = {"vault_token": "{{ token }}", "vault_retries": 0}
    near, far = {**over_tcp(bed), **common}, {**to_vault_from_node(bed), **common}
    wheres = dict.fromkeys(case.where for case in CASES.values())
    plays = [
        play(*tasks_for(where, near if where == "localhost" else far), hosts=where)
        for where in wheres
    ]
    return place.run(*plays), snapshot(place.world)


@pytest.mark.parametrize("name", CASES)
def test_trouble_fails_the_task_with_a_clear_message(
    name: str, place: Place, all_cases: tuple[Run, Snapshot]
) -> None:
    run = all_cases[0]
    case = CASES[name]
    task = run.task(case.among or name)
    assert task.failed
    assert task["changed"] is False
    for part in case.says:
        assert part.replace("{worker}", place.variables["worker"]) in task.msg
    assert "Traceback" not in str(task.result)


def test_none_of_it_changes_anything(place: Place, all_cases: tuple[Run, Snapshot]) -> None:
    assert all_cases[1] == place.before


def test_an_engine_outside_any_swarm(place: Place) -> None:
    engine = place.world.bed.engine
    with contextlib.closing(engine.client()) as client:
        if client.info()["Swarm"]["LocalNodeState"] != "inactive":
            pytest.skip("this machine's own engine is in a Swarm")
    host = {"docker_host": engine.url} if engine.url else {}

    task = rotating(**host, **to_vault(place.world.bed), **of("db"))
    run = place.run(play({**task, "check_mode": True}))

    assert run.rotation.failed
    assert "is not part of a swarm: run this on a swarm manager" in run.rotation.msg


@pytest.mark.parametrize("state", ["sealed", "stopped"])
def test_an_unavailable_vault_fails_the_run_or_keeps_everything_with_a_warning(
    place: Place, state: str
) -> None:
    vault = place.world.vault
    options = {**over_tcp(place.world.bed), "vault_token": "{{ token }}", "vault_retries": 0}
    secrets = of("db", "trouble/old")
    tasks = [
        {**rotating("Fail", **options, **secrets), "ignore_errors": True},
        rotating("Keep", **options, **secrets, on_source_error="keep"),
    ]
    vault.seal() if state == "sealed" else vault.stop()
    try:
        run = place.run(play(*tasks))
    finally:
        vault.start()

    what, remedy = {
        "sealed": ("is sealed", "Unseal it, then run this again."),
        "stopped": ("cannot be reached: connection refused", "Check vault_url"),
    }[state]
    failed, kept = run.task("Fail"), run.task("Keep")
    assert failed.failed
    for part in ("Nothing was changed", "db: ", what, remedy):
        assert part in failed.msg
    assert (kept.ended, kept["changed"]) == ("ok", False)
    (secret,) = kept["secrets"]
    assert (secret["action"], secret["current"]) == ("kept", "db_v1")
    assert any("db" in warning and what in warning for warning in kept["warnings"])
    assert what in run.output
    assert snapshot(place.world) == place.before
