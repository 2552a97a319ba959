# SPDX-License-Identifier: GPL-3.0-or-later
"""What no run may do, whatever happens around it: looked at with each call that changes something.

The engine is asked before and after the call, so a promise is seen to be broken at the very call
that breaks it, and the script up to there is the shortest that shows it.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

from tests.fake_engine.model import Document, Secret, Service, clone
from tests.fake_engine.product import Options, VaultSource
from tests.fake_engine.specs import secret_entries, secret_ids, template_entries

if t.TYPE_CHECKING:
    from tests.fake_engine.engine import Engine
    from tests.fake_engine.faults import Call, Send
    from tests.fake_engine.product import SecretRequest
    from tests.fake_engine.vault import FakeVault

NAME, NUMBER = "swarmvault.name", "swarmvault.version"
STATUS, SOURCE_VERSION = "swarmvault.status", "swarmvault.source_version"
FAILED_ON, WAVE = "swarmvault.failed_on", "swarmvault.wave"
GROUP = "swarmvault.group"
LEASE, REVOKED = "swarmvault.lease_id", "swarmvault.lease_revoked"
#: Labels that the collection writes; all others belong to somebody else.
OWN = re.compile(r"swarmvault\.|vault_")


class BrokenPromise(AssertionError):  # noqa: N818 - reads as what it is
    """A run did what no run may do."""


@dataclass
class Ledger:
    """What every service was made to run, by whomever, over all runs.

    :ivar history: ids of the secrets behind each file, by service and target; the last is now.
    :ivar taken_back: service and secret of what people rolled back on purpose, which is a verdict.
    """

    engine: Engine
    history: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    taken_back: set[tuple[str, str]] = field(default_factory=set)

    def note(self) -> None:
        """Look at every service."""
        for service in self.engine.store.services.values():
            for target, secret_id in targets(service.spec).items():
                known = self.history.setdefault((service.id, target), [])
                if not known or known[-1] != secret_id:
                    known.append(secret_id)

    def before(self, service_id: str, target: str) -> str | None:
        """Return what a file was before it became what it is now."""
        known = self.history.get((service_id, target), [])
        return known[-2] if len(known) > 1 else None


@dataclass
class Audit:
    """Watches one run.

    :param requests: what the run was asked for; with none, it may touch every managed secret.
    :ivar exact: whether of several values only the one that is at fault may be rejected; else one
        that was there when another failed may be: one that runs well elsewhere is taken for good.
    :ivar changes: how much each call changed: what a run made and removed again is nothing.
    """

    engine: Engine
    vault: FakeVault
    ledger: Ledger
    requests: t.Sequence[SecretRequest]
    options: Options
    exact: bool = False
    forward: Counter[str] = field(default_factory=Counter)
    backward: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    back: dict[tuple[str, str], bool] = field(default_factory=lambda: defaultdict(bool))
    created: Counter[str] = field(default_factory=Counter)
    changes: dict[int, int] = field(default_factory=dict)
    _made: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)
    _names: dict[str, Document] = field(default_factory=dict)

    def watch(self, call: Call, send: Send) -> t.Any:
        """Stand between a call of the run and the engine."""
        if not call.is_write:
            return send()
        self._note_others()
        store = self.engine.store
        before = (
            {key: replace(service) for key, service in store.services.items()},
            {key: replace(secret) for key, secret in store.secrets.items()},
        )
        self._names.update({key: secret.spec for key, secret in before[1].items()})
        answer = send()
        self.changes[call.number] = 1
        kind, key, action = _parts(call)
        if (kind, action) == ("secrets", "delete"):
            self._removed(before[1][key], before[0])
            if key in self._made:
                self.changes[self._made[key]] = self.changes[call.number] = 0
        elif (kind, action) == ("secrets", "update"):
            self._relabelled(before[1][key], self.engine.store.secrets[key])
        elif (kind, action) == ("secrets", "create"):
            self._made[answer["ID"]] = call.number
            self._created(self.engine.store.secrets[answer["ID"]])
        elif (kind, action) == ("services", "update"):
            self._updated(before[0][key], self.engine.store.services[key])
        else:
            raise BrokenPromise(f"{call}: no run does that")
        self._remember()
        return answer

    def begin(self) -> None:
        """Remember how the services are."""
        self._remember()

    # -- secrets ------------------------------------------------------------------------------

    def _removed(self, secret: Secret, services: t.Mapping[str, Service]) -> None:
        if secret.id in self._made:
            self.created[secret.labels.get(NAME, "")] -= 1
        if not is_managed(secret.spec):
            raise BrokenPromise(f"removed {secret.name}, which somebody else made")
        if not self._is_asked_for(secret.labels[NAME]):
            raise BrokenPromise(f"removed {secret.name}, which was not asked for")
        if self.options.state == "absent":
            return
        for service in services.values():
            if secret.id in secret_ids(service.previous):
                raise BrokenPromise(f"removed {secret.name}, to which {service.name} may go back")
        for task in self.engine.store.tasks.values():
            runs = task.desired.text in {"ready", "running"} and not task.has_ended
            used = {entry["SecretID"] for entry in template_entries(task.template)}
            if runs and secret.id in used:
                raise BrokenPromise(f"removed {secret.name}, which a task runs with")

    def _relabelled(self, before: Secret, after: Secret) -> None:
        logical = after.labels.get(NAME) or before.labels.get("swarmvault.adopted") or after.name
        names = {request.name for request in self.requests}
        adopted = {name for request in self.requests for name in request.adopt}
        ours = is_managed(before.spec) or before.name in adopted | names
        ours |= "swarmvault.adopted" in after.labels
        if not ours:
            raise BrokenPromise(f"relabelled {before.name} ({logical}), which somebody else made")
        dropped = {label for request in self.requests for label in request.dropped_labels}
        given = {label for request in self.requests for label in request.labels}
        for label in before.labels.keys() | after.labels.keys():
            changed = before.labels.get(label) != after.labels.get(label)
            if changed and not OWN.match(label) and label not in dropped | given:
                raise BrokenPromise(f"changed the label {label} of {before.name}")
        status = before.labels.get(STATUS), after.labels.get(STATUS)
        if status[0] == "active" and status[1] == "pending":
            raise BrokenPromise(f"{before.name} was active and became pending again")
        if self.options.state == "present":
            old, new = (one.labels.get(FAILED_ON, "").split(",") for one in (before, after))
            for consumer in set(new) - set(old) - {""}:
                self._check_rejection(after, consumer)

    def _check_rejection(self, secret: Secret, consumer: str) -> None:
        """A value is rejected by a consumer only if a task of it ran with it, and for its sake."""
        store = self.engine.store
        service = store.service_named(consumer)
        if service is None:
            return  # removed meanwhile: nobody can tell any more
        failed = {key for owner, key in self.engine.nodes.failures if owner == service.id}
        together = [one for one in store.secrets.values() if self._is_with(one, secret)]
        if self.options.on_failure != "rollback" or not self.exact:
            # Then nothing is tried singly: all that it was moved to is rejected.
            together = [store.secrets[key] for key in failed if key in store.secrets]
        guilty = [
            one
            for one in together
            if one.id in failed and (consumer, one.data) in self.engine.behaviour.rejected
        ]
        taken_back = (service.id, secret.id) in self.ledger.taken_back
        if not guilty and not taken_back:
            raise BrokenPromise(f"rejected {secret.name} for {consumer}, which never failed for it")

    def _is_with(self, one: Secret, other: Secret) -> bool:
        """Tell whether two versions came from one path at one time."""
        keys = (SOURCE_VERSION, LEASE, "vault_path", "vault_engine")
        return all(one.labels.get(key) == other.labels.get(key) for key in keys)

    def _created(self, secret: Secret) -> None:
        if not is_managed(secret.spec):
            raise BrokenPromise(f"created {secret.name}, which is no version of anything")
        logical = secret.labels[NAME]
        self.created[logical] += 1
        if not self._is_asked_for(logical):
            raise BrokenPromise(f"created {secret.name}, which was not asked for")
        if self.created[logical] > 1:
            raise BrokenPromise(f"created two versions of {logical} in one run")
        for label, value in secret.labels.items():
            if secret.data and len(secret.data) > 3 and secret.data.decode() in value:
                raise BrokenPromise(f"the value of {secret.name} is in its label {label}")

    def _is_asked_for(self, logical: str) -> bool:
        return not self.requests or any(request.name == logical for request in self.requests)

    # -- services -----------------------------------------------------------------------------

    def _updated(self, before: Service, after: Service) -> None:
        name = before.name
        if before.mode.endswith("Job"):
            raise BrokenPromise(f"updated {name}, which re-runs a job")
        if self._is_one_shot(before):
            raise BrokenPromise(f"updated {name}, whose tasks run once")
        if _without_references(before.spec) != _without_references(after.spec):
            raise BrokenPromise(f"changed more of {name} than its references")
        was, now = targets(before.spec), targets(after.spec)
        attached = {item.service for request in self.requests for item in request.attachments}
        if set(was) != set(now) and name not in attached:
            raise BrokenPromise(f"{name} had {sorted(was)} and now has {sorted(now)}")
        if appearances(before.spec) != appearances(after.spec) and name not in attached:
            raise BrokenPromise(f"changed how files of {name} appear")
        directions = [
            self._moved(before, target, was[target], now[target])
            for target in sorted(was.keys() & now.keys())
            if was[target] != now[target]
        ]
        self._check_groups(after)
        self.forward[before.id] += any(step > 0 for step in directions)
        self.backward[before.id] += bool(directions) and all(step < 0 for step in directions)
        if not directions and name not in attached:
            raise BrokenPromise(f"updated {name} for nothing")
        trouble = self.backward[before.id] + self.others[before.id]
        # After trouble each suspect may be tried by itself, on top of those that are cleared.
        allowed = 1 + trouble + (len(now) if trouble else 0)
        if self.forward[before.id] > allowed:
            raise BrokenPromise(f"updated {name} {self.forward[before.id]} times for one change")
        if self.options.on_failure != "continue" and self.options.state == "present":
            self._check_waves(before, after)

    def _check_waves(self, before: Service, after: Service) -> None:
        """A value comes to a wave when every consumer of the waves before runs it."""
        was = set(targets(before.spec).values())
        for secret_id in set(targets(after.spec).values()) - was:
            new = self._spec_of(secret_id)
            logical, number = logical_of(new, self.requests), number_of(new)
            for other in self.engine.store.services.values():
                if _wave(other) >= _wave(after) or self._is_exempt(other):
                    continue
                for target, held in targets(other.spec).items():
                    spec = self._spec_of(held)
                    had = secret_id in self.ledger.history[other.id, target]
                    older = number_of(spec) < number and not had  # else somebody took it back
                    if logical_of(spec, self.requests) == logical and older:
                        text = f"{new['Name']} came to {after.name} before {other.name} ran it"
                        raise BrokenPromise(text)

    def _is_exempt(self, service: Service) -> bool:
        return service.mode.endswith("Job") or self._is_one_shot(service)

    def _is_one_shot(self, service: Service) -> bool:
        policy = service.template.get("RestartPolicy") or {}
        tasks = self.engine.store.tasks_of(service.id)
        newest = max(tasks, key=lambda task: task.timestamp, default=None)
        return (
            policy.get("Condition") in {"none", "on-failure"}
            and newest is not None
            and newest.state.text == "complete"
        )

    def _moved(self, service: Service, target: str, old_id: str, new_id: str) -> int:
        """Check one swap; return 1 for a way forward and -1 for a way back."""
        old, new = self._spec_of(old_id), self._spec_of(new_id)
        where = f"{service.name}: {target} from {old['Name']} to {new['Name']}"
        logical = logical_of(new, self.requests)
        if logical != logical_of(old, self.requests):
            raise BrokenPromise(f"{where}: another secret")
        if not self._is_asked_for(logical):
            raise BrokenPromise(f"{where}: not asked for")
        numbers = number_of(old), number_of(new)
        if numbers[1] >= numbers[0]:
            self._check_again(service, target, new_id)
            self.back[service.id, target] = False
            return 1
        if self.back[service.id, target]:
            raise BrokenPromise(f"{where}: back twice")
        self.back[service.id, target] = True
        if new_id != self.ledger.before(service.id, target):
            between = [
                spec["Name"]
                for spec in (secret.spec for secret in self.engine.store.secrets.values())
                if logical_of(spec, self.requests) == logical
                and numbers[1] < number_of(spec) < numbers[0]
                and spec["Labels"].get(STATUS) == "active"
                and REVOKED not in spec["Labels"]
            ]
            if between:
                raise BrokenPromise(f"{where}: past {', '.join(between)}")
        return -1

    def _check_again(self, service: Service, target: str, secret_id: str) -> None:
        """What is known to have failed somewhere is not tried there again, by any other name.

        With another value beside it, what came from one path is another group.
        """
        if self.options.force:
            return
        secrets = self.engine.store.secrets
        secret = secrets[secret_id]
        for one in secrets.values():
            failed_on = one.labels.get(FAILED_ON, "").split(",")
            if service.name not in failed_on or one.data != secret.data or one.id in self._made:
                continue
            if "Driver" in one.spec or "Driver" in secret.spec:
                continue  # nobody but the driver knows that it is the same text
            guilty = (service.name, one.data) in self.engine.behaviour.rejected
            if guilty and self._values_beside(one) == self._values_beside(secret):
                raise BrokenPromise(f"{service.name} got {target} of {one.name} again")

    def _values_beside(self, secret: Secret) -> set[tuple[str, bytes | str | None]]:
        """Return the values of the group that a version belongs to, by their logical names.

        What a driver serves is known by its version in Vault: whether a newer one holds the same
        text, nobody but the driver knows.
        """
        group = secret.labels.get(GROUP)
        return {
            (
                one.labels.get(NAME, ""),
                one.labels.get(SOURCE_VERSION) if "Driver" in one.spec else one.data,
            )
            for one in self.engine.store.secrets.values()
            if one is secret or (group and one.labels.get(GROUP) == group)
        }

    def _check_groups(self, service: Service) -> None:
        """What came from one path at one time stays together in a consumer.

        By the values themselves: two versions of a path may have a field in common.
        """
        found: dict[tuple[str, str], dict[str, list[bytes]]] = defaultdict(
            lambda: defaultdict(list)
        )
        fresh: dict[tuple[str, str], set[bool]] = defaultdict(set)
        by_name = {request.name: request for request in self.requests}
        for secret_id in targets(service.spec).values():
            secret = self.engine.store.secrets[secret_id]
            request = by_name.get(logical_of(secret.spec, self.requests))
            source = request.source if request else None
            if isinstance(source, VaultSource) and source.version is None:
                found[source.engine, source.path][source.field or ""].append(secret.data)
                fresh[source.engine, source.path].add(is_managed(secret.spec))
        for (engine, path), fields in found.items():
            clear = {key: values[0] for key, values in fields.items() if len(values) == 1}
            if len(clear) < 2 or fresh[engine, path] == {False}:
                continue
            if not self.vault.held_together(path, clear):
                text = ", ".join(f"{key}: {value.decode()}" for key, value in clear.items())
                raise BrokenPromise(f"{service.name} has a mixture of {path} ({text})")

    def _spec_of(self, secret_id: str) -> Document:
        secret = self.engine.store.secrets.get(secret_id)
        if secret is not None:
            return secret.spec
        return self._names.get(secret_id, {"Name": secret_id, "Labels": {}})

    # -- others -------------------------------------------------------------------------------

    def _note_others(self) -> None:
        """Count what others changed since the last call of this run: it may have to answer."""
        for service in self.engine.store.services.values():
            if self._seen.get(service.id, service.spec_version) != service.spec_version:
                self.others[service.id] += 1
        self._remember()

    def _remember(self) -> None:
        self._seen = {one.id: one.spec_version for one in self.engine.store.services.values()}
        self.ledger.note()


def targets(spec: t.Mapping[str, t.Any] | None) -> dict[str, str]:
    """Return the id of the secret behind each file."""
    return {
        str((entry.get("File") or {}).get("Name") or ""): str(entry["SecretID"])
        for entry in secret_entries(spec)
    }


def appearances(spec: t.Mapping[str, t.Any]) -> list[str]:
    """Return how the files of a service appear, in an order of their own."""
    return sorted(str(sorted((entry.get("File") or {}).items())) for entry in secret_entries(spec))


def is_managed(spec: Document) -> bool:
    """Tell whether the collection made a secret: the labels say so, and the name agrees."""
    labels = spec.get("Labels") or {}
    return bool(labels.get(NAME)) and spec["Name"] == f"{labels[NAME]}_v{labels.get(NUMBER)}"


def logical_of(spec: Document, requests: t.Sequence[SecretRequest]) -> str:
    """Return which logical secret a Swarm secret belongs to."""
    labels = spec.get("Labels") or {}
    if is_managed(spec):
        return str(labels[NAME])
    for request in requests:
        if spec["Name"] in request.adopt:
            return request.name
    return str(labels.get("swarmvault.adopted") or spec["Name"])


def number_of(spec: Document) -> int:
    """Return the number of a version; 0 for what somebody else made."""
    return int(spec["Labels"][NUMBER]) if is_managed(spec) else 0


def _wave(service: Service) -> int:
    text = (service.spec.get("Labels") or {}).get(WAVE, "0")
    return int(text) if text.lstrip("-").isdigit() else 0


def _without_references(spec: t.Mapping[str, t.Any]) -> Document:
    plain: Document = clone(dict(spec))
    container = (plain.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    container.pop("Secrets", None)
    return plain


def _parts(call: Call) -> tuple[str, str, str]:
    kind, key, *action = call.path.strip("/").split("/")
    if key == "create":
        return kind, "", "create"
    return kind, key, "delete" if call.method == "DELETE" else action[0]
