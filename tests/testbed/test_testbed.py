# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The testbed itself: a Swarm comes up, does what tests rely on, and goes without a trace."""

from __future__ import annotations

import collections.abc as c
import contextlib
import hashlib
import os
import subprocess
import typing as t
from pathlib import Path

import docker
import pytest

from testbed import Bed, BedError, HostEngine, OpenBao, network, settings
from testbed.generations import GENERATIONS
from testbed.services import wait_for_service
from testbed.system import need
from testbed.waiting import wait_for

SECOND = 1_000_000_000


@pytest.fixture(scope="module", params=sorted(GENERATIONS))
def bed(request: pytest.FixtureRequest) -> c.Iterator[Bed]:
    """A small bed of each generation, beside whatever beds there are."""
    made = Bed.up(f"selftest-{os.getpid()}", request.param, managers=1, workers=1)
    yield made
    traces_before = traces(made)
    made.down()
    assert traces_before
    assert traces(made) == []


@pytest.fixture
def client(bed: Bed) -> c.Iterator[docker.APIClient]:
    """An empty Swarm's API."""
    bed.reset()
    with contextlib.closing(bed.client()) as connected:
        yield connected


def traces(bed: Bed) -> list[str]:
    """Everything on this machine that belongs to a bed."""
    processes = [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline")]
    found = [f"process {pid}" for pid in processes if str(bed.directory) in command_line(pid)]
    if bed.directory.exists():
        found.append(str(bed.directory))
    devices = [path.name for path in Path("/sys/class/net").iterdir()]
    found += [f"device {name}" for name in devices if name == network._bridge(bed.name)]
    engine = HostEngine.find()
    if engine and bed.name in engine.beds():
        found.append("container, network or volume")
    return found


def command_line(pid: str) -> str:
    """Give the arguments of a process that may end this moment."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def specification(client: docker.APIClient, value: str, replicas: int = 3) -> dict[str, t.Any]:
    """Describe a service of the test image with a new secret of this value."""
    name = f"password_{hashlib.sha256(value.encode()).hexdigest()[:12]}"
    secret = client.create_secret(name, value.encode())["ID"]
    file = {"Name": "password", "UID": "0", "GID": "0", "Mode": 0o400}
    reference = {"SecretID": secret, "SecretName": name, "File": file}
    return {
        "Name": "app",
        "Mode": {"Replicated": {"Replicas": replicas}},
        "TaskTemplate": {
            "ContainerSpec": {"Image": "swarmvault-test/app:1", "Secrets": [reference]}
        },
        "UpdateConfig": {"Parallelism": 1, "Monitor": SECOND, "FailureAction": "rollback"},
        "RollbackConfig": {"Parallelism": 0, "Monitor": SECOND},
    }


def send(client: docker.APIClient, path: str, spec: dict[str, t.Any]) -> None:
    """Post what docker-py has no raw call for."""
    raw: t.Any = client
    raw._raise_for_status(raw._post_json(raw._url(path), data=spec))


def update(client: docker.APIClient, value: str) -> str:
    """Roll a new value out; give the state the update ended in."""
    before = client.inspect_service("app")["Version"]["Index"]
    send(client, f"/services/app/update?version={before}", specification(client, value))

    def ended() -> str | None:
        state = client.inspect_service("app").get("UpdateStatus", {}).get("State", "updating")
        return None if state in ("updating", "rollback_started") else str(state)

    return wait_for("the update to end", ended, timeout=60)


def shown(bed: Bed) -> list[str]:
    """Give what every running task shows of its secret."""
    each = "for id in $(docker ps -q); do docker exec $id wget -qO- http://127.0.0.1:8080; done"
    pages = [node.exec(["sh", "-c", each]).stdout for node in bed.nodes]
    return [line.split()[1] for line in "".join(pages).splitlines()]


def wait_until_three_show(bed: Bed, value: str) -> None:
    """Wait: the engine calls an update completed while a task that it restarted still starts."""
    expected = [hashlib.sha256(value.encode()).hexdigest()[:12]] * 3
    wait_for(f"three tasks with {value!r}", lambda: shown(bed) == expected, timeout=60)


def test_a_secret_rolls_through_a_service(bed: Bed, client: docker.APIClient) -> None:
    send(client, "/services/create", specification(client, "first"))
    wait_until_three_show(bed, "first")

    assert update(client, "second") == "completed"
    wait_until_three_show(bed, "second")

    assert update(client, "bad value") == "rollback_completed"
    wait_until_three_show(bed, "second")


def test_reset_empties_the_swarm_and_revives_its_nodes(bed: Bed, client: docker.APIClient) -> None:
    send(client, "/services/create", specification(client, "any"))
    bed.workers[0].kill()

    bed.reset()

    assert client.services() == []
    assert client.secrets() == []
    assert bed.healthy()


def test_a_second_up_finds_the_first(bed: Bed) -> None:
    again = Bed.up(bed.name, bed.generation, managers=1, workers=1)
    assert again == bed


def wait_for_app(client: docker.APIClient, *, timeout: float, patience: float) -> None:
    """Wait for what will not be: that a task runs."""

    def runs() -> bool:
        tasks = client.tasks(filters={"service": "app", "desired-state": "running"})
        return any(task["Status"]["State"] == "running" for task in tasks)

    wait_for_service(
        "the app to run",
        runs,
        client=client,
        service="app",
        timeout=timeout,
        patience=patience,
    )


def test_a_service_that_keeps_failing_is_given_up_with_the_error_of_its_tasks(
    client: docker.APIClient,
) -> None:
    spec = specification(client, "any")
    spec["TaskTemplate"]["ContainerSpec"]["Command"] = ["/no-such-program"]
    spec["TaskTemplate"]["RestartPolicy"] = {"Condition": "any", "Delay": SECOND // 10}
    send(client, "/services/create", spec)

    with pytest.raises(BedError, match=r"the tasks of app keep failing.*no-such-program") as caught:
        wait_for_app(client, timeout=600, patience=0)

    assert str(caught.value).startswith("gave up waiting for the app to run: ")


def test_a_service_that_no_node_takes_is_told_with_the_engines_reason(
    client: docker.APIClient,
) -> None:
    spec = specification(client, "any")
    spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.labels.place == nowhere"]}
    send(client, "/services/create", spec)

    def reason() -> bool:
        return any(task["Status"].get("Err") for task in client.tasks(filters={"service": "app"}))

    wait_for("the reason", reason, timeout=60)

    with pytest.raises(BedError, match=r"gave up after 0.5 s.*no suitable node"):
        wait_for_app(client, timeout=0.5, patience=0)


def test_earlier_failures_are_not_held_against_a_service(client: docker.APIClient) -> None:
    spec = specification(client, "any", replicas=5)
    spec["TaskTemplate"]["ContainerSpec"]["Command"] = ["/no-such-program"]
    spec["TaskTemplate"]["RestartPolicy"] = {"Condition": "none"}
    send(client, "/services/create", spec)
    filters = {"service": "app"}

    def all_failed() -> bool:
        tasks = client.tasks(filters=filters)
        states = [task["Status"]["State"] for task in tasks]
        return len(states) == 5 and set(states) <= {"failed", "rejected"}

    wait_for("every task to fail", all_failed, timeout=60)

    with pytest.raises(BedError, match=r"gave up after 1 s waiting for the app to run.*no-such"):
        wait_for_app(client, timeout=1, patience=0)


def test_ssh_leads_to_every_node(bed: Bed) -> None:
    need({"ssh": "openssh-client"}, "reaching a node over ssh")
    for node in bed.nodes:
        files = ["-i", str(bed.ssh_key), "-o", f"UserKnownHostsFile={bed.known_hosts}"]
        command = ["ssh", *files, "-o", "BatchMode=yes", f"root@{node.ip}", "hostname"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout.strip() == node.name


def test_a_node_runs_modules_and_reaches_openbao(bed: Bed) -> None:
    bed.vault.put("team/app", password="x")
    reader = bed.vault.token(["root"])
    code = (
        "import docker, hvac, sys;"
        "docker.from_env().ping();"
        "c = hvac.Client(url=sys.argv[1], token=sys.argv[2], verify='/root/bao.pem');"
        "print(c.secrets.kv.v2.read_secret_version('team/app', raise_on_deleted_version=True)"
        "['data']['data'])"
    )
    bed.nodes[0].put("/root/bao.pem", bed.vault.ca_cert.read_bytes())
    python = ["/opt/ansible/bin/python", "-c", code]
    done = bed.nodes[0].exec([*python, bed.vault.url, reader])
    assert done.stdout.strip() == "{'password': 'x'}"


def test_openbao_alone(tmp_path: Path) -> None:
    bao = OpenBao.up(directory=tmp_path / "bao")
    try:
        assert bao.put("app", password="one") == 1
        assert bao.put("app", password="two") == 2
        assert bao.put("app", mount="kv1", password="x") is None
        bao.policy("reader", 'path "secret/metadata/*" { capabilities = ["read"] }')
        role_id, secret_id = bao.approle("robot", ["reader"])

        robot = bao.client(token="")
        robot.auth.approle.login(role_id, secret_id)
        bao.clear_audit()
        found = robot.secrets.kv.v2.read_secret_metadata("app")

        assert found["data"]["current_version"] == 2
        asked = [one["request"]["path"] for one in bao.audit_requests()]
        assert asked == ["secret/metadata/app"]

        bao.restart()
        assert bao.client().secrets.kv.v1.read_secret("app", mount_point="kv1")
        bao.seal()
        assert bao.client().sys.is_sealed()
        bao.unseal()
    finally:
        bao.down()
    assert not bao.running()
    assert bao not in OpenBao.all()


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("deb https://m.example/debian stable main", "https://m.example/debian"),
        ("deb [arch=amd64] http://m.example/debian/ x main", "http://m.example/debian"),
        ("Types: deb\nURIs: http://m.example/debian\nSuites: x", "http://m.example/debian"),
        ("deb https://m.example/debian-security x main", None),
        ("# deb https://m.example/debian x main", None),
    ],
)
def test_the_mirror_is_the_one_of_apt(sources: str, expected: str | None) -> None:
    assert settings.debian_archive(sources) == expected
