# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole world to tell a story in: an engine, a Vault, services, other people, and runs."""

from __future__ import annotations

import inspect
import typing as t
from dataclasses import dataclass, field

from tests.fake_engine.api import FakeTransport
from tests.fake_engine.audit import Audit, BrokenPromise, Ledger, targets
from tests.fake_engine.clock import running_on
from tests.fake_engine.engine import Engine
from tests.fake_engine.faults import FaultyTransport, RunKilled
from tests.fake_engine.model import SECOND, Document, Service, Task, clone
from tests.fake_engine.product import (
    DockerError,
    Options,
    OutOfSequenceError,
    Report,
    RetryingTransport,
    SecretRequest,
    SecretValue,
    SwarmClient,
    SwarmVaultError,
    VaultSource,
    rotate,
)
from tests.fake_engine.vault import FakeVault

#: With a key fingerprints are quick; without one each takes some 50 ms.
KEY = SecretValue(b"a key that only the tests know")

IMAGE = "shop:1"
#: The secret driver that is installed.
DRIVER = "shelf"

Edit = t.Callable[[Document], object]


@dataclass
class Run:
    """What became of one run.

    :param report: None where it ended in an error, or was killed.
    :param transport: knows every call.
    """

    report: Report | None
    error: SwarmVaultError | None
    killed: bool
    transport: FaultyTransport
    audit: Audit

    @property
    def writes(self) -> list[str]:
        """The calls that changed something."""
        return self.transport.writes

    @property
    def told(self) -> Report:
        """The report, where there must be one."""
        if self.report is None:
            raise AssertionError(f"no report: {self.error or 'killed'}")
        return self.report

    @property
    def is_quiet(self) -> bool:
        """Whether it changed nothing that stays: what cannot run is tried, and put back."""
        if self.report is None:
            return False
        tried = {
            service.id
            for service in self.audit.engine.store.services.values()
            if any(
                item.name == service.name and item.state == "unplaceable"
                for item in self.report.services
            )
        }
        return all(any(key in write for key in tried) for write in self.writes)

    def state_of(self, service: str) -> str:
        """Return what the report says of a service."""
        return next(item.state for item in self.told.services if item.name == service)

    def action_on(self, secret: str) -> str:
        """Return what the report says of a logical secret."""
        return next(item.action for item in self.told.secrets if item.name == secret)


class Scenario:
    """A Swarm, a Vault and the people around them."""

    def __init__(self, *, managers: int = 3, workers: int = 1) -> None:
        self.engine = Engine(managers=managers, workers=workers)
        self.clock = self.engine.clock
        self.store = self.engine.store
        self.behaviour = self.engine.behaviour
        self.vault = FakeVault(self.clock)
        self.store.drivers[DRIVER] = self.vault.serve
        self.ledger = Ledger(self.engine)
        self.people = FakeTransport(self.engine)
        self.engine.settle()

    # -- making things ------------------------------------------------------------------------

    def secret(self, name: str, value: str, **labels: str) -> str:
        """Create a Swarm secret by hand; return its id."""
        body = {"Name": name, "Labels": labels, "Data": SecretValue(value.encode())}
        return str(self.people.call("POST", "/secrets/create", None, body)["ID"])

    def driver_secret(self, name: str, **labels: str) -> str:
        """Create a Swarm secret with a driver, as a stack file does; return its id."""
        body = {"Name": name, "Labels": labels, "Driver": {"Name": DRIVER}}
        return str(self.people.call("POST", "/secrets/create", None, body)["ID"])

    def service(self, name: str, *secrets: str, **more: t.Any) -> str:
        """Create a service that refers to Swarm secrets, and wait until it runs; return its id."""
        return self.create(self.spec(name, *secrets, **more))

    def create(self, spec: Document) -> str:
        """Create a service from its spec, and wait until it runs; return its id."""
        made = self.people.call("POST", "/services/create", None, spec)
        self.engine.settle(60.0)
        self.ledger.note()
        return str(made["ID"])

    def spec(  # noqa: PLR0913 - each is one setting of a service
        self,
        name: str,
        *secrets: str,
        replicas: int = 1,
        mode: Document | None = None,
        image: str = IMAGE,
        update: Document | None = None,
        rollback: Document | None = None,
        restart: Document | None = None,
        ports: t.Sequence[int] = (),
        constraints: t.Sequence[str] = (),
        labels: t.Mapping[str, str] | None = None,
        grace: float = 10.0,
        targets: t.Mapping[str, str] | None = None,
    ) -> Document:
        """Return the spec of a service.

        :param secrets: names of Swarm secrets; each file is called as the logical secret is.
        :param targets: names of files, by Swarm secret, where they are to be called otherwise.
        """
        entries = [self.entry(secret, (targets or {}).get(secret)) for secret in secrets]
        return {
            "Name": name,
            "Labels": dict(labels or {}),
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": image,
                    "Env": ["MODE=production"],
                    "Secrets": entries,
                    "StopGracePeriod": int(grace * SECOND),
                },
                "RestartPolicy": {"Condition": "any", "Delay": SECOND // 2, **(restart or {})},
                "Placement": {"Constraints": list(constraints)},
            },
            "Mode": mode or {"Replicated": {"Replicas": replicas}},
            "UpdateConfig": {
                "Parallelism": 1,
                "Monitor": SECOND,
                "FailureAction": "pause",
                "Order": "stop-first",
                **(update or {}),
            },
            "RollbackConfig": {"Monitor": SECOND, "FailureAction": "pause", **(rollback or {})},
            "EndpointSpec": {
                "Mode": "dnsrr",
                "Ports": [
                    {
                        "Protocol": "tcp",
                        "TargetPort": 80,
                        "PublishedPort": port,
                        "PublishMode": "host",
                    }
                    for port in ports
                ],
            },
        }

    def entry(self, secret_name: str, target: str | None = None) -> Document:
        """Return a reference to a Swarm secret."""
        secret = self.store.secret_named(secret_name)
        assert secret is not None, f"there is no secret {secret_name}"
        name = target or secret.labels.get("swarmvault.name") or secret_name.rpartition("_v")[0]
        return {
            "File": {"Name": name or secret_name, "UID": "33", "GID": "33", "Mode": 256},
            "SecretID": secret.id,
            "SecretName": secret.name,
        }

    # -- other people -------------------------------------------------------------------------

    def deploy(self, name: str, edit: Edit, *, rollback: bool = False) -> None:
        """Let somebody else update a service."""
        extra = {"rollback": "previous"} if rollback else {}
        while True:
            service = self.the_service(name)
            spec = clone(service.spec)
            edit(spec)
            path = f"/services/{service.id}/update"
            try:
                self.people.call("POST", path, {"version": service.index, **extra}, spec)
            except OutOfSequenceError:
                continue  # the engine itself moved the index: they press the key again
            break
        self.ledger.note()

    def scale(self, name: str, replicas: int) -> None:
        """Let somebody else scale a service."""
        self.deploy(name, lambda spec: spec.update(Mode={"Replicated": {"Replicas": replicas}}))

    def roll_back(self, name: str) -> None:
        """Let somebody else roll a service back."""
        service = self.the_service(name)
        left = set(targets(service.spec).values()) - set(targets(service.previous).values())
        self.ledger.taken_back |= {(service.id, secret_id) for secret_id in left}
        self.deploy(name, lambda _spec: None, rollback=True)

    def relabel(self, name: str, **labels: str) -> None:
        """Let somebody else change the labels of a service."""
        self.deploy(name, lambda spec: spec.update(Labels={**spec.get("Labels", {}), **labels}))

    def release(self, name: str, image: str) -> None:
        """Let somebody else deploy another image."""

        def edit(spec: Document) -> None:
            spec["TaskTemplate"]["ContainerSpec"]["Image"] = image

        self.deploy(name, edit)

    def refer(self, name: str, target: str, secret_name: str) -> None:
        """Let somebody else put a Swarm secret behind a file, as a stack file does."""
        service = self.the_service(name)
        entries = clone(service.template["ContainerSpec"].get("Secrets") or [])
        present = next((one for one in entries if one["File"]["Name"] == target), None)
        if present is None:
            entries.append(self.entry(secret_name, target))
        else:
            present.update(self.entry(secret_name, target))

        def edit(spec: Document) -> None:
            spec["TaskTemplate"]["ContainerSpec"]["Secrets"] = entries

        self.deploy(name, edit)

    def remove(self, name: str) -> None:
        """Let somebody else remove a service."""
        self.people.call("DELETE", f"/services/{self.the_service(name).id}")

    # -- runs ---------------------------------------------------------------------------------

    def request(self, name: str, path: str | None = None, **more: t.Any) -> SecretRequest:
        """Return the request for a secret from a path of KV v2, its field called as it is."""
        field_name = more.pop("field", name)
        engine = "read" if path in self.vault.leased else "kv2"
        source = VaultSource(path=path, field=field_name, engine=engine) if path else None
        return SecretRequest(name=name, source=source, **more)

    def start(self, *requests: SecretRequest, check_mode: bool = False, **options: t.Any) -> Start:
        """Prepare a run, for a test to script what goes wrong in it."""
        options.setdefault("hash_key", KEY)
        return Start(self, requests, Options(**options), check_mode)

    def rotate(self, *requests: SecretRequest, check_mode: bool = False, **options: t.Any) -> Run:
        """Run, with nothing going wrong between it and the engine."""
        return self.start(*requests, check_mode=check_mode, **options).run()

    def until_quiet(self, *requests: SecretRequest, runs: int = 6, **options: t.Any) -> list[Run]:
        """Run again and again until a run changes nothing; the last one did not."""
        made: list[Run] = []
        for _number in range(runs):
            self.engine.settle(120.0)
            made.append(self.rotate(*requests, **options))
            if made[-1].is_quiet:
                return made
        last = [run.writes for run in made]
        raise BrokenPromise(f"still changing after {runs} runs: {last}")

    # -- looking ------------------------------------------------------------------------------

    def the_service(self, name: str) -> Service:
        """Return a service that there must be."""
        service = self.store.service_named(name)
        assert service is not None, f"there is no service {name}"
        return service

    def names_in(self, name: str) -> dict[str, str]:
        """Return the Swarm secret behind each file of a service's spec."""
        known = self.store.secrets
        found = targets(self.the_service(name).spec)
        return {target: known[key].name if key in known else key for target, key in found.items()}

    def values_in(self, name: str) -> dict[str, str]:
        """Return the value behind each file of a service's spec."""
        found = targets(self.the_service(name).spec)
        return {target: self.store.secrets[key].data.decode() for target, key in found.items()}

    def tasks(self, name: str, state: str | None = None) -> list[Task]:
        """Return the tasks of a service, in one state or in all."""
        found = self.store.tasks_of(self.the_service(name).id)
        return [task for task in found if state is None or task.state.text == state]

    def labels(self, secret_name: str) -> dict[str, str]:
        """Return the labels of a Swarm secret."""
        secret = self.store.secret_named(secret_name)
        assert secret is not None, f"there is no secret {secret_name}"
        return secret.labels

    def secret_names(self) -> list[str]:
        """Return the names of all Swarm secrets."""
        return sorted(secret.name for secret in self.store.secrets.values())

    def status(self, secret_name: str) -> str | None:
        """Return what the collection thinks of a version."""
        return self.labels(secret_name).get("swarmvault.status")


@dataclass
class Start:
    """A run that has not begun."""

    scenario: Scenario
    requests: tuple[SecretRequest, ...]
    options: Options
    check_mode: bool
    transport: FaultyTransport = field(init=False)
    audit: Audit = field(init=False)

    def __post_init__(self) -> None:
        scenario = self.scenario
        self.audit = Audit(
            scenario.engine, scenario.vault, scenario.ledger, self.requests, self.options
        )
        self.transport = FaultyTransport(FakeTransport(scenario.engine))
        self.transport.watchers.append(self.audit.watch)

    def run(self) -> Run:
        """Run to the end, whatever end that is."""
        scenario = self.scenario
        report, error, killed = None, None, False
        self.audit.begin()
        with running_on(scenario.clock):
            # Made in here: it waits between two tries.
            swarm = SwarmClient(
                RetryingTransport(self.transport, **_clock_of(RetryingTransport, scenario))
            )
            try:
                report = rotate(
                    self.requests,
                    self.options,
                    swarm,
                    scenario.vault.reader(),
                    check_mode=self.check_mode,
                    **_clock_of(rotate, scenario),
                )
            except RunKilled:
                killed = True
            except SwarmVaultError as caught:
                error = caught
        run = Run(report, error, killed, self.transport, self.audit)
        self._check(run)
        return run

    def _check(self, run: Run) -> None:
        if self.check_mode and run.writes:
            raise BrokenPromise(f"check mode wrote: {run.writes}")
        changes = sum(
            number for call, number in self.audit.changes.items() if call in self.transport.answered
        )
        if run.report is not None and not run.report.changed and changes and not self.check_mode:
            raise BrokenPromise(f"reported as unchanged, and wrote: {run.writes}")


def _clock_of(function: t.Callable[..., t.Any], scenario: Scenario) -> dict[str, t.Any]:
    """Hand the clock to what takes one."""
    takes = "clock" in inspect.signature(function).parameters
    return {"clock": scenario.clock} if takes else {}


__all__ = ["KEY", "DockerError", "Run", "Scenario", "Start"]
