# SPDX-License-Identifier: GPL-3.0-or-later
"""What carrying out a plan means, as data: a Swarm of dictionaries, and one step after another.

This is no engine to test the scheduler with, which is tested on real Swarms. It shows what the
plan promises: that each prefix of its steps is a state from which the next plan gets to the end.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply.create import (
    with_fingerprint,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply.service_update import (
    ConsumerRun,
    Target,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SourceState,
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.make import (
    make_plan,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import (
    SKIP,
    UPDATE,
    WATCH,
    ConsumerPlan,
    Plan,
    SecretPlan,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.retention import (
    superseded,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.responses import (
    parse_secret,
    parse_service,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.spec import references

from tests.unit.plugins.module_utils._rotation.builders import KEY, at, observation, secret_id, spec

Document = dict[str, t.Any]
#: Looks at a world after a step.
Check = t.Callable[["World", str], None]


@dataclasses.dataclass
class World:
    """A Swarm and the sources, as documents.

    :param values: what each Swarm secret holds, which only tasks can see.
    :param sources: KV v2 version and value of each logical secret.
    :param rejects: pairs of service and value with which its tasks fail.
    """

    secrets: dict[str, Document] = dataclasses.field(default_factory=dict)
    services: dict[str, Document] = dataclasses.field(default_factory=dict)
    values: dict[str, str] = dataclasses.field(default_factory=dict)
    sources: dict[str, tuple[int, str]] = dataclasses.field(default_factory=dict)
    rejects: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    clock: int = 0
    log: list[str] = dataclasses.field(default_factory=list)

    def now(self) -> str:
        """Return a time later than all before."""
        self.clock += 1
        return f"2026-03-01T00:{self.clock // 60:02d}:{self.clock % 60:02d}.5Z"

    def add_secret(self, name: str, labels: Mapping[str, str], value: str) -> None:
        """Create a secret."""
        assert name not in self.secrets
        self.secrets[name] = {
            "ID": secret_id(name),
            "Version": {"Index": 1},
            "CreatedAt": self.now(),
            "Spec": {"Name": name, "Labels": dict(labels)},
        }
        self.values[secret_id(name)] = value

    def add_service(self, name: str, secrets: Sequence[t.Any], action: str, **more: t.Any) -> None:
        """Create a service.

        :param action: what the engine does when its update fails.
        """
        made = spec(name, secrets, **more)
        made["UpdateConfig"]["FailureAction"] = action
        self.services[name] = {"ID": f"id-of-{name}", "Version": {"Index": 1}, "Spec": made}

    def observe(self) -> SwarmState:
        """Return what a run sees, after whatever was under way has come to its end."""
        for name in self.services:
            self.settle(name)
        return SwarmState.of(
            [parse_secret(copy.deepcopy(item)) for item in self.secrets.values()],
            [parse_service(copy.deepcopy(item)) for item in self.services.values()],
        )

    def update(self, name: str, new: Mapping[str, t.Any]) -> None:
        """Do what the engine does at once when a service is updated."""
        document = self.services[name]
        for item in references(new):
            assert item.secret_name in self.secrets, f"{name} needs {item.secret_name}"
            assert secret_id(item.secret_name) == item.secret_id
        document["PreviousSpec"] = document["Spec"]
        document["Spec"] = copy.deepcopy(dict(new))
        document["UpdateStatus"] = {"State": "updating", "StartedAt": self.now()}

    def settle(self, name: str) -> None:
        """Do what the engine does until an update has come to its end."""
        document = self.services[name]
        status = document.get("UpdateStatus") or {}
        if status.get("State") != "updating":
            return
        if not self.fails(name):
            status["State"] = "completed"
        elif document["Spec"]["UpdateConfig"]["FailureAction"] == "rollback":
            document["Spec"] = document.pop("PreviousSpec")
            status["State"] = "rollback_completed"
        else:
            status["State"] = "paused"

    def fails(self, name: str) -> bool:
        """Tell whether a service's tasks fail with the secrets its spec refers to."""
        found = references(self.services[name]["Spec"])
        return any((name, self.values[item.secret_id]) in self.rejects for item in found)

    def state_of(self, name: str) -> str | None:
        """Return the state of a service's last update."""
        return t.cast("str | None", (self.services[name].get("UpdateStatus") or {}).get("State"))

    def names_in(self, service: str) -> list[str]:
        """Return the names of the secrets a service refers to."""
        return [item.secret_name for item in references(self.services[service]["Spec"])]

    def labels_of(self, name: str) -> dict[str, str]:
        """Return a secret's labels."""
        return t.cast("dict[str, str]", self.secrets[name]["Spec"]["Labels"])

    def needed(self) -> set[str]:
        """Return the names of secrets that any spec or previous spec refers to."""
        specs = [
            document[key]
            for document in self.services.values()
            for key in ("Spec", "PreviousSpec")
            if key in document
        ]
        return {item.secret_name for found in specs for item in references(found)}

    def picture(self) -> dict[str, t.Any]:
        """Return what two ways to the same end must agree on."""
        return {
            "services": {name: self.names_in(name) for name in self.services},
            "secrets": {name: self.labels_of(name) for name in self.secrets},
        }


def plan_of(
    world: World, requests: Sequence[SecretRequest], options: Options
) -> tuple[Plan, SwarmState]:
    """Observe and plan."""
    state = world.observe()
    sources = {
        name: SourceState(number, at(number), SecretValue(value.encode()))
        for name, (number, value) in world.sources.items()
    }
    rejected_by = {} if options.state == "rolled_back" else None
    return make_plan(observation(state, sources, requests, rejected_by), options), state


def steps(world: World, plan: Plan, state: SwarmState, options: Options) -> Iterator[str]:
    """Carry out a plan; after each step that the engine has taken, tell what it was."""
    if options.state == "rolled_back":
        options = dataclasses.replace(options, on_failure="continue")
    targets: dict[str, Target] = {}
    for secret in plan.secrets:
        yield from _prepare(world, secret, targets)
    rollout = _Rollout(world, state, options, targets)
    for consumer in plan.consumers:
        yield from rollout.move(consumer)
    for secret in plan.secrets:
        converged = secret.name not in rollout.bad | rollout.open
        if not secret.frozen and secret.name in targets and converged:
            yield from _finish(world, secret, targets[secret.name], options)


def _prepare(world: World, secret: SecretPlan, targets: dict[str, Target]) -> Iterator[str]:
    for relabel in secret.relabels:
        world.secrets[relabel.secret.name]["Spec"]["Labels"] = dict(relabel.labels)
        yield f"relabel {relabel.secret.name}"
    if secret.create is not None:
        value = t.cast("SecretValue", secret.create.value)
        new = with_fingerprint(secret.create, value, KEY)
        world.add_secret(new.name, new.labels, value.reveal().decode())
        targets[secret.name] = Target(secret_id(new.name), new.name)
        yield f"create {new.name}"
    elif secret.current is not None:
        targets[secret.name] = Target(secret.current.secret.id, secret.current.secret.name)


def _finish(world: World, secret: SecretPlan, target: Target, options: Options) -> Iterator[str]:
    labels = world.labels_of(target.name)
    if secret.promote and labels.get(secret_labels.STATUS) == "pending":
        labels[secret_labels.STATUS] = "active"
        yield f"promote {target.name}"
    fresh = world.observe()
    current = fresh.by_secret_id[target.secret_id]
    if options.state != "present" or current.is_original:
        return
    for version in superseded(
        fresh.secret(secret.name), current.number, options.keep_versions, fresh.used_ids()
    ):
        del world.secrets[version.secret.name]
        yield f"retire {version.secret.name}"


@dataclasses.dataclass
class _Rollout:
    """Moves one consumer after the other.

    :param bad: secrets that failed on a consumer.
    :param open: secrets that have not converged on a consumer.
    """

    world: World
    state: SwarmState
    options: Options
    targets: Mapping[str, Target]
    bad: set[str] = dataclasses.field(default_factory=set)
    open: set[str] = dataclasses.field(default_factory=set)

    def move(self, consumer: ConsumerPlan) -> Iterator[str]:
        name = consumer.service.name
        run = ConsumerRun.of(consumer)
        if consumer.action not in {UPDATE, WATCH}:
            self.open |= set() if consumer.action == SKIP else set(consumer.secrets)
            return
        if consumer.action == UPDATE:
            new = run.moved_spec(self.state, self.targets, self.bad)
            if new is not None:
                self.world.update(name, new)
                yield f"update {name}"
        if not self.options.wait:
            self.open |= set(consumer.secrets)
            return
        self.world.settle(name)
        run.service = parse_service(copy.deepcopy(self.world.services[name]))
        end = self.world.state_of(name) or "completed"
        if end == "completed":
            return
        self.open |= set(run.moved)
        if not run.is_past(self.targets):
            self.bad |= set() if self.options.on_failure == "continue" else set(run.moved)
            yield from self._fail(run)

    def _fail(self, run: ConsumerRun) -> Iterator[str]:
        if self.options.on_failure == "rollback" and self.world.state_of(run.name) == "paused":
            self._send_back(run)
            yield f"send {run.name} back"
        for logical in run.moved if self.options.on_failure != "continue" else ():
            secret = self.world.secrets[self.targets[logical].name]["Spec"]
            if secret_labels.NAME in secret["Labels"]:
                secret["Labels"] = secret_labels.with_failure(secret["Labels"], run.name)
                yield f"quarantine {self.targets[logical].name}"

    def _send_back(self, run: ConsumerRun) -> None:
        document = self.world.services[run.name]
        if run.can_use_previous_spec(self.targets):
            swapped = document["PreviousSpec"], document["Spec"]
            document["Spec"], document["PreviousSpec"] = swapped
            document["UpdateStatus"] = {
                "State": "rollback_completed",
                "StartedAt": self.world.now(),
            }
        else:
            back = run.reverted_spec(self.state, self.targets, run.moved)
            if back is not None:
                self.world.update(run.name, back)


def carry_out(
    world: World,
    requests: Sequence[SecretRequest],
    options: Options,
    *,
    cut_after: int | None = None,
    check: Check | None = None,
) -> list[str]:
    """Plan and carry out; stop dead after some steps if told to. Returns the steps made."""
    plan, state = plan_of(world, requests, options)
    made: list[str] = []
    walk = steps(world, plan, state, options)
    while cut_after is None or len(made) < cut_after:
        before = world.needed()
        step = next(walk, None)
        if step is None:
            break
        made.append(step)
        if step.startswith("retire"):
            assert step.split()[1] not in before, f"{step}, which a service needs"
        if check is not None:
            check(world, step)
    world.log += [*made, "--"]
    return made
