# SPDX-License-Identifier: GPL-3.0-or-later
"""One script for the fake and the real engines: what it notes must be the same on all of them.

Every scene does something on a stage and notes what it saw, in words without identifiers, times
and names of its own. Scenes note what is eventually so, never how long it took.
"""

from __future__ import annotations

import base64
import copy
import re
import typing as t
from dataclasses import dataclass, field

from tests.fake_engine.model import SECOND, Document
from tests.fake_engine.product import DockerError, Transport
from tests.fake_engine.specs import secret_entries, template_entries

IMAGE = "swarmvault-test/app:1"
MISSING_IMAGE = "swarmvault-test/there-is-no-such-image:1"
#: How long the engine watches new tasks: one on a busy machine may need seconds to fail.
PATIENT = 20 * SECOND
#: Ends well at once.
ENDS_WELL = ["/bin/true"]
#: Cannot be started.
NO_PROGRAM = ["/there-is-no-such-program"]

#: Serves what the label ``shelf`` says, and nothing where there is a label ``shelf_error``.
DRIVER = "shelf"

FINAL = ("completed", "paused", "rollback_completed", "rollback_paused")

GOOD, BAD = b"good", b"bad"

_ID = re.compile(r"\b[a-z0-9]{25}\b")
_DIGEST = re.compile(r"[0-9a-f]{64}")

Predicate = t.Callable[[], bool]
Wait = t.Callable[[str, Predicate], None]
Scene = t.Callable[["Stage"], None]


@dataclass
class Stage:
    """An engine, what a scene made there, and what it noted.

    :param wait: lets time pass until something is so, and fails if it never is.
    :param worker: host name of a node that may be drained.
    """

    transport: Transport
    wait: Wait
    prefix: str
    worker: str
    notes: list[t.Any] = field(default_factory=list)
    made: list[str] = field(default_factory=list)

    # -- making things ------------------------------------------------------------------------

    def name(self, key: str) -> str:
        """Return a name that nobody else uses."""
        return f"{self.prefix}_{key}"

    def secret(self, key: str, value: bytes = GOOD, **more: t.Any) -> str:
        """Create a secret; return its id."""
        data = base64.b64encode(value).decode()
        body = {"Name": self.name(key), "Labels": {}, "Data": data, **more}
        made = str(self.transport.call("POST", "/secrets/create", None, body)["ID"])
        self.made.append(f"/secrets/{made}")
        return made

    def driver_secret(self, key: str, labels: t.Mapping[str, str]) -> str:
        """Create a secret that the stage's driver serves as its labels say; return its id."""
        body = {"Name": self.name(key), "Labels": labels, "Driver": {"Name": DRIVER}}
        made = str(self.transport.call("POST", "/secrets/create", None, body)["ID"])
        self.made.append(f"/secrets/{made}")
        return made

    def reference(self, key: str, target: str = "db", **changes: t.Any) -> Document:
        """Return a reference to a secret of this scene."""
        found = self.transport.call("GET", f"/secrets/{self.name(key)}")
        entry = {
            "File": {"Name": target, "UID": "0", "GID": "0", "Mode": 0o444},
            "SecretID": found["ID"],
            "SecretName": found["Spec"]["Name"],
        }
        return {**entry, **changes}

    def spec(
        self,
        key: str,
        *secrets: str,
        replicas: int = 1,
        mode: Document | None = None,
        restart: Document | None = None,
        command: list[str] | None = None,
        **config: t.Any,
    ) -> Document:
        """Return the spec of a service that is quick to start, stop and judge."""
        container: Document = {
            "Image": IMAGE,
            "Secrets": [self.reference(one, f"file{index}") for index, one in enumerate(secrets)],
            "StopGracePeriod": SECOND,
            "Init": True,
        }
        if command is not None:
            container["Command"] = command
        return {
            "Name": self.name(key),
            "TaskTemplate": {
                "ContainerSpec": container,
                "RestartPolicy": {"Condition": "any", "Delay": SECOND // 10, **(restart or {})},
            },
            "Mode": mode or {"Replicated": {"Replicas": replicas}},
            "UpdateConfig": {
                "Parallelism": 1,
                "Monitor": SECOND // 2,
                "FailureAction": "pause",
                "Order": "stop-first",
                **config,
            },
            "RollbackConfig": {"Monitor": SECOND // 2, "FailureAction": "pause"},
            "EndpointSpec": {"Mode": "dnsrr"},
        }

    def service(self, spec: Document) -> str:
        """Create a service; return its id."""
        made = str(self.transport.call("POST", "/services/create", None, spec)["ID"])
        self.made.append(f"/services/{made}")
        return made

    def running(self, spec: Document) -> str:
        """Create a replicated service and wait until all of its tasks run; return its id."""
        service_id = self.service(spec)
        wanted = spec["Mode"]["Replicated"]["Replicas"]
        self.wait("its tasks", lambda: self.count(service_id, "running") == wanted)
        return service_id

    # -- changing -----------------------------------------------------------------------------

    def update(
        self, service_id: str, edit: t.Callable[[Document], object], *, rollback: bool = False
    ) -> None:
        """Update a service; again while the engine itself moves its index."""
        extra = {"rollback": "previous"} if rollback else {}

        def updated() -> bool:
            found = self.raw(service_id)
            spec = copy.deepcopy(found["Spec"])
            edit(spec)
            params = {"version": found["Version"]["Index"], **extra}
            try:
                self.transport.call("POST", f"/services/{service_id}/update", params, spec)
            except DockerError as error:
                if "out of sequence" in error.message:
                    return False
                raise
            return True

        self.wait("an update", updated)

    def swap(self, service_id: str, *secrets: str) -> None:
        """Put other secrets behind the files of a service."""
        self.update(service_id, lambda spec: self.put(spec, *secrets))

    def put(self, spec: Document, *secrets: str) -> None:
        """Put other secrets behind the files of a spec."""
        found = [self.reference(one, f"file{index}") for index, one in enumerate(secrets)]
        spec["TaskTemplate"]["ContainerSpec"]["Secrets"] = found

    def roll_back(self, service_id: str) -> None:
        """Ask the engine for the spec before."""
        self.update(service_id, lambda _spec: None, rollback=True)

    def set_availability(self, hostname: str, availability: str) -> None:
        """Make a node active, pause or drain."""

        def done() -> bool:
            node = self.node(hostname)
            spec = {**node["Spec"], "Availability": availability}
            params = {"version": node["Version"]["Index"]}
            try:
                self.transport.call("POST", f"/nodes/{node['ID']}/update", params, spec)
            except DockerError as error:
                if "out of sequence" in error.message:
                    return False
                raise
            return True

        self.wait("a node's availability", done)

    # -- looking ------------------------------------------------------------------------------

    def node(self, hostname: str) -> Document:
        """Return a node's document."""
        nodes: list[Document] = self.transport.call("GET", "/nodes")
        return next(node for node in nodes if node["Description"]["Hostname"] == hostname)

    def raw(self, service_id: str) -> Document:
        """Return a service's document."""
        found: Document = self.transport.call("GET", f"/services/{service_id}")
        return found

    def tasks(self, service_id: str) -> list[Document]:
        """Return the documents of a service's tasks."""
        filters = '{"service":["' + service_id + '"]}'
        found: list[Document] = self.transport.call("GET", "/tasks", {"filters": filters})
        return found

    def count(self, service_id: str, state: str) -> int:
        """Count the tasks that are in this state, and meant to be."""
        return sum(
            task["Status"]["State"] == state and task["DesiredState"] in {"running", "complete"}
            for task in self.tasks(service_id)
        )

    def ends(self, service_id: str) -> str:
        """Wait until a service's update has ended; return how."""
        self.wait("an update's end", lambda: _state(self.raw(service_id)) in FINAL)
        return _state(self.raw(service_id))

    def note(self, what: str, seen: t.Any) -> None:
        """Note something, free of what is different in each play."""
        self.notes.append((what, self._plain(seen)))

    def note_refusal(
        self,
        what: str,
        method: str,
        path: str,
        params: Document | None = None,
        body: object | None = None,
    ) -> None:
        """Note how the engine takes a call: its error's class, status and words."""
        try:
            self.transport.call(method, path, params, body)
        except DockerError as error:
            words = error.message.partition(" failed: ")[2]
            self.note(what, (type(error).__name__, error.status, error.transient, words))
        else:
            self.note(what, "accepted")

    def note_service(self, what: str, service_id: str) -> None:
        """Note what a service refers to, what it did before, and the state of its update."""
        found = self.raw(service_id)
        previous = found.get("PreviousSpec")
        self.note(
            what,
            {
                "secrets": _names(found["Spec"]),
                "previous": None if not previous else _names(previous),
                "update": (_state(found), (found.get("UpdateStatus") or {}).get("Message", "")),
            },
        )

    def note_tasks(self, what: str, service_id: str, *, live: bool = True) -> None:
        """Note the tasks of a service, those that are meant to run or all, in an order."""
        seen = []
        for task in self.tasks(service_id):
            status = task["Status"]
            if live and task["DesiredState"] not in {"running", "ready", "complete"}:
                continue
            secrets = [entry["SecretName"] for entry in template_entries(task["Spec"])]
            state = (status["State"], task["DesiredState"])
            seen.append((*state, status.get("Err", ""), secrets, bool(task.get("Slot"))))
        self.note(what, sorted(self._plain(item) for item in seen))

    def note_errors(self, what: str, service_id: str) -> None:
        """Note which ends tasks of a service have come to: state, words, exit code."""
        ends = {
            (
                task["Status"]["State"],
                task["DesiredState"],
                task["Status"].get("Err", ""),
                (task["Status"].get("ContainerStatus") or {}).get("ExitCode", 0),
            )
            for task in self.tasks(service_id)
            if task["Status"].get("Err") and task["DesiredState"] == "shutdown"
        }
        self.note(what, sorted(self._plain(item) for item in ends))

    def _plain(self, seen: t.Any) -> t.Any:
        if isinstance(seen, str):
            text = _DIGEST.sub("<digest>", _ID.sub("<id>", seen.replace(f"{self.prefix}_", "")))
            return text.replace(self.prefix.upper() + "_", "")
        if isinstance(seen, dict):
            return {key: self._plain(item) for key, item in seen.items()}
        if isinstance(seen, list | tuple | set):
            return tuple(self._plain(item) for item in seen)
        return seen

    def clean(self) -> None:
        """Remove what the scene made, services first, since they hold the rest."""
        self.set_availability(self.worker, "active")
        for path in sorted(self.made, key=lambda path: not path.startswith("/services")):
            self.wait(f"{path} to go", lambda path=path: self._gone(path))  # type: ignore[misc]  # mypy cannot type a default of a lambda

    def _gone(self, path: str) -> bool:
        try:
            self.transport.call("DELETE", path)
        except DockerError as error:
            return error.status == 404
        return True


def _state(found: Document) -> str:
    return str((found.get("UpdateStatus") or {}).get("State") or "none")


def _names(spec: Document) -> list[str]:
    return [entry["SecretName"] for entry in secret_entries(spec)]


def _index(found: Document) -> Document:
    return {"version": found["Version"]["Index"]}


# -- secrets ----------------------------------------------------------------------------------


def secrets(stage: Stage) -> None:
    """Names, labels, what can be changed, what can be removed."""
    labels = {"owner": "shop"}
    made = stage.secret("db", Labels=labels, Templating={"Name": "golang"})
    path = f"/secrets/{made}"
    create = "/secrets/create"
    body: Document = {"Name": stage.name("db"), "Data": "eA==", "Labels": {}}
    stage.note_refusal("the same name", "POST", create, None, body)
    upper = {**body, "Name": stage.name("DB")}
    stage.note_refusal("the name in other letters", "POST", create, None, upper)
    stage.note_refusal("a long name", "POST", create, None, {**body, "Name": "x" * 65})
    stage.note_refusal("a wrong name", "POST", create, None, {**body, "Name": "a/b"})
    stage.note_refusal("no value", "POST", create, None, {**body, "Name": "y", "Data": ""})
    found = stage.transport.call("GET", path)
    stage.note("as made", {**found["Spec"], "keys": sorted(found)})
    spec = {**found["Spec"], "Labels": {"other": "label"}}
    stage.note_refusal("other labels", "POST", f"{path}/update", _index(found), spec)
    again = stage.transport.call("GET", path)
    stage.note("relabelled", again["Spec"])
    stage.note("its index moved", again["Version"] != found["Version"])
    stage.note_refusal("an old index", "POST", f"{path}/update", _index(found), spec)
    renamed = {**spec, "Name": stage.name("new")}
    stage.note_refusal("another name", "POST", f"{path}/update", _index(again), renamed)
    data = {**spec, "Data": "eHg="}
    stage.note_refusal("another value", "POST", f"{path}/update", _index(again), data)
    driver = {**spec, "Driver": {"Name": "x"}}
    stage.note_refusal("another driver", "POST", f"{path}/update", _index(again), driver)
    stage.note("driver ignored", stage.transport.call("GET", path)["Spec"])
    stage.service(stage.spec("svc", "db", replicas=0))
    stage.note_refusal("in use", "DELETE", path)
    stage.note_refusal("gone", "DELETE", "/secrets/aaaaaaaaaaaaaaaaaaaaaaaaa")
    stage.note_refusal("not there", "GET", "/secrets/aaaaaaaaaaaaaaaaaaaaaaaaa")
    unused = stage.secret("unused")
    stage.note_refusal("removed", "DELETE", f"/secrets/{unused}")
    stage.note_refusal("removed twice", "DELETE", f"/secrets/{unused}")


def driver_secrets(stage: Stage) -> None:
    """A driver serves values when tasks start: nobody asks it before, and no other is looked for."""
    create = "/secrets/create"
    body: Document = {"Name": stage.name("none"), "Labels": {}}
    unknown = {**body, "Driver": {"Name": "no-such-driver"}}
    stage.note_refusal("a driver that is not there", "POST", create, None, unknown)
    nameless = {**body, "Driver": {"Name": ""}}
    stage.note_refusal("a driver without a name", "POST", create, None, nameless)
    texts = {"good": {"shelf": "good"}, "bad": {"shelf": "bad"}, "lost": {"shelf_error": "gone"}}
    made = {key: stage.driver_secret(key, labels) for key, labels in texts.items()}
    path = f"/secrets/{made['good']}"
    taken = {**body, "Name": stage.name("good"), "Driver": {"Name": DRIVER}}
    stage.note_refusal("the same name", "POST", create, None, taken)
    found = stage.transport.call("GET", path)
    stage.note("as made", {**found["Spec"], "keys": sorted(found)})
    spec = {**found["Spec"], "Labels": {**texts["good"], "owner": "shop"}}
    stage.note_refusal("other labels", "POST", f"{path}/update", _index(found), spec)
    stage.note("relabelled", stage.transport.call("GET", path)["Spec"])

    service = stage.running(stage.spec("svc", "good", Monitor=PATIENT))
    stage.note_tasks("served", service)
    for key in ("lost", "bad"):
        stage.swap(service, key)
        stage.note(key, stage.ends(service))
        stage.note_service(key, service)
        stage.note_errors(key, service)


def service_refusals(stage: Stage) -> None:
    """What the engine does not take of a service."""
    stage.secret("a")
    stage.secret("b")
    create = "/services/create"
    spec = stage.spec("svc", "a", replicas=0)
    wrong = copy.deepcopy(spec)
    secrets_of(wrong)[0]["SecretName"] = stage.name("b")
    stage.note_refusal("the id of one, the name of another", "POST", create, None, wrong)
    missing = copy.deepcopy(spec)
    secrets_of(missing)[0].update(SecretID="a" * 25, SecretName="nobody")
    stage.note_refusal("a secret that is not there", "POST", create, None, missing)
    twice = copy.deepcopy(spec)
    secrets_of(twice).append(stage.reference("b", "file0"))
    stage.note_refusal("two behind one file", "POST", create, None, twice)
    made = stage.service(spec)
    path = f"/services/{made}/update"
    stage.note_refusal("the same name", "POST", create, None, spec)
    found = stage.raw(made)
    old = {"version": found["Version"]["Index"] - 1}
    stage.note_refusal("an old index", "POST", path, old, found["Spec"])
    stage.note_refusal("nothing to go back to", "POST", path, _back(found), found["Spec"])
    renamed = {**found["Spec"], "Name": stage.name("new")}
    stage.note_refusal("another name", "POST", path, _index(found), renamed)
    other_mode = {**found["Spec"], "Mode": {"Global": {}}}
    stage.note_refusal("another mode", "POST", path, _index(found), other_mode)
    nobody = "/services/aaaaaaaaaaaaaaaaaaaaaaaaa"
    stage.note_refusal("not there", "GET", nobody)
    stage.note_refusal("not there to update", "POST", f"{nobody}/update", old, found["Spec"])
    filters = {"filters": '{"service":["aaaaaaaaaaaaaaaaaaaaaaaaa"]}'}
    stage.note_refusal("tasks of one that is not there", "GET", "/tasks", filters)
    filters = {"filters": '{"id":["aaaaaaaaaaaaaaaaaaaaaaaaa"]}'}
    stage.note("services that are not there", stage.transport.call("GET", "/services", filters))
    stage.note_service("untouched", made)


def secrets_of(spec: Document) -> list[Document]:
    """Return the list of references itself."""
    found: list[Document] = spec["TaskTemplate"]["ContainerSpec"]["Secrets"]
    return found


def _back(found: Document) -> Document:
    return {**_index(found), "rollback": "previous"}


def previous_secret_removed(stage: Stage) -> None:
    """A secret that only the spec before refers to can be removed; going back then fails."""
    old = stage.secret("old")
    stage.secret("new")
    made = stage.running(stage.spec("svc", "old"))
    stage.swap(made, "new")
    stage.note("end", stage.ends(made))
    stage.note_refusal("removed", "DELETE", f"/secrets/{old}")
    stage.roll_back(made)
    stage.wait("its end", lambda: _state(stage.raw(made)) == "rollback_paused")
    stage.wait("a task's end", lambda: any(_error(task) for task in stage.tasks(made)))
    stage.note_service("back", made)
    stage.note_errors("errors", made)


def _error(task: Document) -> str:
    return str(task["Status"].get("Err") or "")


# -- updates ----------------------------------------------------------------------------------


def update_and_back(stage: Stage) -> None:
    """An update that goes well, a change of labels, the same spec again, and a way back."""
    for key in ("old", "new"):
        stage.secret(key)
    made = stage.running(stage.spec("svc", "old", replicas=2))
    stage.note_service("made", made)
    stage.swap(made, "new")
    stage.note("end", stage.ends(made))
    stage.note_service("updated", made)
    stage.wait("its tasks", lambda: stage.count(made, "running") == 2)
    stage.note_tasks("tasks", made)
    before = {task["ID"] for task in stage.tasks(made)}
    stage.update(made, lambda spec: spec.update(Labels={"a": "1"}))
    stage.note_service("only labels", made)
    stage.update(made, lambda _spec: None)
    stage.note_service("nothing", made)
    stage.note("no task was replaced", before == {task["ID"] for task in stage.tasks(made)})
    stage.swap(made, "old")
    stage.note("end", stage.ends(made))
    stage.note_service("updated back", made)
    stage.roll_back(made)
    stage.note("end", stage.ends(made))
    stage.note_service("rolled back", made)
    stage.roll_back(made)
    stage.note("end", stage.ends(made))
    stage.note_service("rolled back twice", made)


def without_replicas(stage: Stage) -> None:
    """With no task to replace an update gets no status, and a rollback is complete at once."""
    for key in ("old", "new"):
        stage.secret(key)
    made = stage.service(stage.spec("svc", "old", replicas=0))
    stage.swap(made, "new")
    stage.note_service("updated", made)
    stage.roll_back(made)
    stage.note("end", stage.ends(made))
    stage.note_service("rolled back", made)


def failing(action: str) -> Scene:
    """Return the scene of an update whose tasks fail at once."""

    def scene(stage: Stage) -> None:
        stage.secret("old")
        stage.secret("bad", BAD)
        spec = stage.spec("svc", "old", replicas=2, FailureAction=action, Monitor=PATIENT)
        if action == "continue":
            spec["UpdateConfig"]["Monitor"] = SECOND // 2
        made = stage.running(spec)
        stage.swap(made, "bad")
        stage.note("end", stage.ends(made))
        stage.note_service("failed", made)
        if action == "rollback":
            stage.wait("its tasks", lambda: stage.count(made, "running") == 2)
        stage.note_errors("errors", made)
        found = stage.raw(made)
        path = f"/services/{made}/update"
        if action == "rollback":
            stage.note_refusal("back once more", "POST", path, _back(found), found["Spec"])
            return
        stage.roll_back(made)
        stage.note("end", stage.ends(made))
        stage.wait("its tasks", lambda: stage.count(made, "running") == 2)
        stage.note_service("back", made)
        stage.note_tasks("tasks", made)

    scene.__name__ = f"failing_{action}"
    return scene


def tolerated(stage: Stage) -> None:
    """Failures up to the ratio that is tolerated do not end an update."""
    stage.secret("old")
    stage.secret("bad", BAD)
    spec = stage.spec("svc", "old", replicas=2, FailureAction="rollback", MaxFailureRatio=1.0)
    made = stage.running(spec)
    stage.swap(made, "bad")
    stage.note("end", stage.ends(made))
    stage.note_service("as if nothing were wrong", made)
    stage.note_errors("errors", made)


def rollback_that_fails(stage: Stage) -> None:
    """What was fine once is so no more: both versions are bad."""
    for key in ("bad", "worse"):
        stage.secret(key, BAD)
    spec = stage.spec("svc", "bad", Monitor=PATIENT)
    spec["RollbackConfig"]["Monitor"] = PATIENT
    made = stage.service(spec)
    stage.swap(made, "worse")
    stage.note("end", stage.ends(made))
    stage.roll_back(made)
    stage.wait("the rollback's end", lambda: _state(stage.raw(made)) == "rollback_paused")
    stage.note_service("rolled back", made)


def update_of_a_paused_one(stage: Stage) -> None:
    """An update ends a pause; a change of labels does so as well, and the rollout goes on."""
    for key, value in (("old", GOOD), ("bad", BAD), ("new", GOOD)):
        stage.secret(key, value)
    made = stage.running(stage.spec("svc", "old", replicas=2, Monitor=PATIENT))
    stage.swap(made, "bad")
    stage.note("end", stage.ends(made))

    def repaired(spec: Document) -> None:
        stage.put(spec, "new")
        spec["UpdateConfig"]["Monitor"] = SECOND // 2

    stage.update(made, repaired)
    stage.wait("the update's end", lambda: _state(stage.raw(made)) == "completed")
    stage.wait("its tasks", lambda: stage.count(made, "running") == 2)
    stage.note_service("updated", made)
    stage.note_tasks("tasks", made)


def labels_during_an_update(stage: Stage) -> None:
    """A change of labels in the midst of a rollout: it begins anew and ends well."""
    for key in ("old", "new"):
        stage.secret(key)
    made = stage.running(stage.spec("svc", "old", replicas=3))
    stage.swap(made, "new")
    stage.wait("the rollout", lambda: _state(stage.raw(made)) == "updating")
    stage.update(made, lambda spec: spec.update(Labels={"a": "1"}))
    stage.note("end", stage.ends(made))
    stage.note_service("both", made)
    stage.note_tasks("tasks", made)


def start_first(stage: Stage) -> None:
    """New tasks first, all at once."""
    for key in ("old", "new"):
        stage.secret(key)
    spec = stage.spec("svc", "old", replicas=2, Order="start-first", Parallelism=0)
    made = stage.running(spec)
    stage.swap(made, "new")
    stage.note("end", stage.ends(made))
    stage.wait("its tasks", lambda: stage.count(made, "running") == 2)
    stage.note_tasks("tasks", made)
    stage.wait("the old ones", lambda: not _runs(stage, made, "old"))
    stage.note_tasks("all tasks", made, live=False)


def _runs(stage: Stage, made: str, key: str) -> bool:
    """Tell whether a task runs with a secret."""
    for task in stage.tasks(made):
        names = [entry["SecretName"] for entry in template_entries(task["Spec"])]
        if stage.name(key) in names and task["Status"]["State"] == "running":
            return True
    return False


def order_of_references(stage: Stage) -> None:
    """Another order of references is another spec: tasks are replaced."""
    for key in ("a", "b"):
        stage.secret(key)
    made = stage.running(stage.spec("svc", "a", "b"))

    def turned(spec: Document) -> None:
        secrets_of(spec).reverse()

    stage.update(made, turned)
    stage.note("end", stage.ends(made))
    stage.note_service("turned", made)


# -- what never runs --------------------------------------------------------------------------


def unplaceable(stage: Stage) -> None:
    """Constraints that no node meets: the task waits, with the reason, and so does the update."""
    stage.secret("old")
    made = stage.running(stage.spec("svc", "old"))

    def nowhere(spec: Document) -> None:
        spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.labels.x==nowhere"]}

    stage.update(made, nowhere)
    stage.wait("the reason", lambda: any("suitable" in _error(task) for task in stage.tasks(made)))
    stage.wait("the old one", lambda: stage.count(made, "running") == 0)
    stage.note_service("waits", made)
    stage.note_tasks("tasks", made)
    stage.roll_back(made)
    stage.note("end", stage.ends(made))
    stage.wait("its task", lambda: stage.count(made, "running") == 1)
    stage.note_tasks("back", made)


def ports_in_use(stage: Stage) -> None:
    """A port on the node can be had once: start-first finds no place for the next task."""
    for key in ("old", "new"):
        stage.secret(key)
    port = {"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 23456, "PublishMode": "host"}
    spec = stage.spec("svc", "old", replicas=1, Order="start-first")
    spec["EndpointSpec"]["Ports"] = [port]
    host = stage.worker
    spec["TaskTemplate"]["Placement"] = {"Constraints": [f"node.hostname=={host}"]}
    made = stage.running(spec)
    stage.swap(made, "new")
    stage.wait("the reason", lambda: any("suitable" in _error(task) for task in stage.tasks(made)))
    stage.note_service("waits", made)
    stage.note_tasks("tasks", made)


def missing_image(stage: Stage) -> None:
    """An image that nobody has: the task is rejected, and that ends the update."""
    stage.secret("old")
    made = stage.running(stage.spec("svc", "old", Monitor=PATIENT))

    def other(spec: Document) -> None:
        spec["TaskTemplate"]["ContainerSpec"]["Image"] = MISSING_IMAGE

    stage.update(made, other)
    stage.note("end", stage.ends(made))
    stage.note_service("paused", made)
    stage.note_errors("errors", made)


def no_program(stage: Stage) -> None:
    """A container that cannot be started: the task fails, and that ends the update."""
    stage.secret("old")
    made = stage.running(stage.spec("svc", "old", Monitor=PATIENT))

    def other(spec: Document) -> None:
        # With an init it is the init that starts, and it is that which fails.
        spec["TaskTemplate"]["ContainerSpec"].update(Command=NO_PROGRAM, Init=False)

    stage.update(made, other)
    stage.note("end", stage.ends(made))
    stage.note_service("paused", made)
    ends = [
        (task["Status"]["State"], _error(task).partition(":")[0])
        for task in stage.tasks(made)
        if _error(task)
    ]
    stage.note("errors", sorted(set(ends)))


# -- tasks that end ---------------------------------------------------------------------------


def one_shot(condition: str) -> Scene:
    """Return the scene of a service whose task ends well and is not started again."""

    def scene(stage: Stage) -> None:
        for key in ("old", "new"):
            stage.secret(key)
        spec = stage.spec(
            "svc", "old", restart={"Condition": condition}, command=ENDS_WELL, Monitor=PATIENT
        )
        made = stage.service(spec)
        stage.wait("its end", lambda: _states(stage, made) == ["complete"])
        stage.wait("it to be given up", lambda: _is_given_up(stage, made))
        stage.note_tasks("ended", made, live=False)
        stage.swap(made, "new")
        stage.note("end", stage.ends(made))
        stage.note_service("updated", made)
        stage.wait("it to be given up", lambda: _is_given_up(stage, made))
        stage.note_tasks("run again", made, live=False)

    scene.__name__ = f"one_shot_{condition.replace('-', '_')}"
    return scene


def _is_given_up(stage: Stage, made: str) -> bool:
    return all(task["DesiredState"] == "shutdown" for task in stage.tasks(made))


def _states(stage: Stage, made: str) -> list[str]:
    return [task["Status"]["State"] for task in stage.tasks(made)]


def job(stage: Stage) -> None:
    """A job runs to its end, and an update runs it again."""
    for key in ("old", "new"):
        stage.secret(key)
    mode = {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 2}}
    spec = stage.spec("svc", "old", mode=mode, restart={"Condition": "none"}, command=ENDS_WELL)
    del spec["UpdateConfig"], spec["RollbackConfig"]
    made = stage.service(spec)
    stage.wait("its end", lambda: _states(stage, made) == ["complete"] * 2)
    stage.note_tasks("ended", made, live=False)
    stage.swap(made, "new")
    stage.wait("its end", lambda: _states(stage, made) == ["complete"] * 4)
    stage.note_service("updated", made)
    stage.note_tasks("run again", made, live=False)


def crash_loop(stage: Stage) -> None:
    """A task that always fails is started again and again; the engine remembers the last ones."""
    stage.secret("bad", BAD)
    made = stage.service(stage.spec("svc", "bad"))
    seen: set[str] = set()

    def often() -> bool:
        seen.update(task["ID"] for task in stage.tasks(made))
        return len(seen) > 8

    stage.wait("many tasks", often)
    stage.note("remembers few", len(stage.tasks(made)) <= 6)
    stage.note_errors("errors", made)
    stage.note_service("no update", made)


def attempts_used_up(stage: Stage) -> None:
    """After the attempts that its policy grants, a slot stays empty."""
    stage.secret("bad", BAD)
    made = stage.service(stage.spec("svc", "bad", restart={"MaxAttempts": 2}))
    stage.wait("the last attempt", lambda: _states(stage, made) == ["failed"] * 3)
    stage.note_tasks("given up", made, live=False)


# -- scaling and nodes ------------------------------------------------------------------------


def scaling(stage: Stage) -> None:
    """More, fewer and no tasks: none of it is an update to the tasks that stay."""
    stage.secret("old")
    made = stage.running(stage.spec("svc", "old", replicas=1))
    for replicas in (3, 1, 0, 2):
        mode = {"Replicated": {"Replicas": replicas}}
        stage.update(made, lambda spec, mode=mode: spec.update(Mode=mode))  # type: ignore[misc]  # mypy cannot type a default of a lambda
        stage.wait("its tasks", lambda n=replicas: _is_scaled(stage, made, n))  # type: ignore[misc]  # the same
        stage.note_tasks(f"{replicas} replicas", made)
        stage.note_service(f"{replicas} replicas", made)


def _is_scaled(stage: Stage, made: str, replicas: int) -> bool:
    live = [task for task in stage.tasks(made) if task["DesiredState"] in {"running", "ready"}]
    return len(live) == replicas == stage.count(made, "running")


def drained(stage: Stage) -> None:
    """A node that is drained gives its tasks away; a global service has one less."""
    stage.secret("old")
    spread = stage.spec("svc", "old", replicas=4)
    made = stage.running(spread)
    everywhere = stage.service(stage.spec("all", "old", mode={"Global": {}}))
    stage.wait("a task on each node", lambda: stage.count(everywhere, "running") == 4)
    worker = stage.node(stage.worker)["ID"]
    stage.set_availability(stage.worker, "drain")
    stage.wait("it to be empty", lambda: _on(stage, worker, made, everywhere) == 0)
    stage.wait("the others", lambda: stage.count(made, "running") == 4)
    stage.note_tasks("spread", made)
    stage.note_tasks("everywhere", everywhere)
    stage.note_service("spread", made)
    stage.set_availability(stage.worker, "active")
    stage.wait("a task on each node", lambda: stage.count(everywhere, "running") == 4)
    stage.note_tasks("everywhere again", everywhere)
    stage.note("nothing moves back", _on(stage, worker, made))


def _on(stage: Stage, node_id: str, *services: str) -> int:
    return sum(
        task.get("NodeID") == node_id and task["Status"]["State"] == "running"
        for service in services
        for task in stage.tasks(service)
    )


def paused_node(stage: Stage) -> None:
    """A node on pause keeps its task of a global service as it is, and the update is complete."""
    for key in ("old", "new"):
        stage.secret(key)
    made = stage.service(stage.spec("all", "old", mode={"Global": {}}))
    stage.wait("a task on each node", lambda: stage.count(made, "running") == 4)
    stage.set_availability(stage.worker, "pause")
    stage.swap(made, "new")
    stage.note("end", stage.ends(made))
    stage.wait("the others", lambda: stage.count(made, "running") == 4)
    stage.note_tasks("all but one", made)
    stage.set_availability(stage.worker, "active")
    stage.wait("that one", lambda: not _runs(stage, made, "old"))
    stage.wait("a task on each node", lambda: stage.count(made, "running") == 4)
    stage.note_tasks("all", made)
    stage.note_service("all", made)


SCENES: tuple[Scene, ...] = (
    secrets,
    driver_secrets,
    service_refusals,
    previous_secret_removed,
    update_and_back,
    without_replicas,
    failing("pause"),
    failing("rollback"),
    failing("continue"),
    tolerated,
    rollback_that_fails,
    update_of_a_paused_one,
    labels_during_an_update,
    start_first,
    order_of_references,
    unplaceable,
    ports_in_use,
    missing_image,
    no_program,
    one_shot("none"),
    one_shot("on-failure"),
    job,
    crash_loop,
    attempts_used_up,
    scaling,
    drained,
    paused_node,
)
