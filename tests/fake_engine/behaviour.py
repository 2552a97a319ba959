# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a task on its node: scripted, since there is no application."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from tests.fake_engine.specs import command_of, image_of, template_entries

if t.TYPE_CHECKING:
    from tests.fake_engine.model import Node, Service, Task
    from tests.fake_engine.store import Store


@dataclass(frozen=True)
class Fate:
    """What becomes of a task. All times in seconds.

    :param pull: how long its image takes.
    :param pull_error: why the image cannot be had; the task is rejected.
    :param start: how long until it runs: until its container is up, and healthy where it has a
        health check.
    :param start_error: why its container cannot be started; the task fails without having run.
    :param exits: after how long it ends by itself; None: it runs on.
    :param exit_code: what it then ends with.
    :param exit_error: what the engine adds to that, as for an unhealthy container.
    :param stop: how long it takes to stop, at most its grace period.
    """

    pull: float = 0.05
    pull_error: str = ""
    start: float = 0.2
    start_error: str = ""
    exits: float | None = None
    exit_code: int = 1
    exit_error: str = ""
    stop: float = 0.1


@dataclass(frozen=True)
class Subject:
    """A task as its application sees it.

    :param values: what is in its secret files, by target.
    :param names: names of these secrets, by target.
    """

    service: str
    image: str
    command: list[str]
    node: str
    slot: int
    values: t.Mapping[str, bytes]
    names: t.Mapping[str, str]

    @property
    def contents(self) -> set[bytes]:
        """Every value it was given."""
        return set(self.values.values())


#: Changes a fate where it has something to say of a task.
Rule = t.Callable[[Subject, Fate], Fate]


def missing_image(image: str) -> str:
    """Return what the engine says of an image that no registry has."""
    return f"No such image: {image}"


def missing_secret(secret_id: str) -> str:
    """Return what the engine says of a secret that was removed while a spec refers to it."""
    cause = f"unable to get secret from secret store: secret {secret_id} not found"
    return f"starting container failed: {cause}"


@dataclass
class Behaviour:
    """The rules of all applications, asked anew for each task; the later ones have the last word.

    :ivar usual: what becomes of a task of which no rule has anything to say.
    """

    usual: Fate = Fate()
    rules: list[Rule] = field(default_factory=list)
    rejected: set[tuple[str, bytes]] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def rejects(self, service: str, value: bytes, after: float = 0.05) -> None:
        """Let tasks of a service end in error when they have been given this value."""

        def rule(subject: Subject, fate: Fate) -> Fate:
            if subject.service == service and value in subject.contents:
                return replace(fate, exits=after, exit_code=1)
            return fate

        self.rejected.add((service, value))
        self.rules.append(rule)

    def lacks_image(self, image: str) -> None:
        """Let no registry have this image."""

        def rule(subject: Subject, fate: Fate) -> Fate:
            if subject.image == image:
                return replace(fate, pull_error=missing_image(image))
            return fate

        self.missing.add(image)
        self.rules.append(rule)

    def always(self, service: str, **changes: t.Any) -> None:
        """Change the fate of every further task of a service."""

        def rule(subject: Subject, fate: Fate) -> Fate:
            return replace(fate, **changes) if subject.service == service else fate

        self.rules.append(rule)

    def fate(self, store: Store, service: Service | None, task: Task, node: Node) -> Fate:
        """Return what becomes of a task that a node has just been given."""
        values, names = {}, {}
        for entry in template_entries(task.template):
            secret = store.secrets.get(entry["SecretID"])
            target = (entry.get("File") or {}).get("Name") or entry["SecretName"]
            if secret is None or not store.serve(secret):
                return replace(self.usual, start_error=missing_secret(entry["SecretID"]))
            values[target], names[target] = secret.data, secret.name
        name = service.name if service else ""
        subject = Subject(
            name,
            image_of(task.template),
            command_of(task.template),
            node.hostname,
            task.slot,
            values,
            names,
        )
        fate = self.usual
        for rule in self.rules:
            fate = rule(subject, fate)
        return fate
