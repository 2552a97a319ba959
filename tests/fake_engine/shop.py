# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of the property test: a small shop, and everything that may happen to it.

Each event is one method with plain arguments, so that a script that Hypothesis found reads as a
test of its own: paste its steps into ``tests/unit/fake_engine/test_found.py`` and give it a name.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from tests.fake_engine import faults
from tests.fake_engine.audit import BrokenPromise
from tests.fake_engine.model import Document
from tests.fake_engine.product import DockerError, SecretRequest
from tests.fake_engine.scenario import DRIVER, IMAGE, Run, Scenario

PATHS = {"db": ("db_user", "db_pw"), "api": ("api_key",)}
NAMES = ("db_user", "db_pw", "api_key")


class Sketch(t.NamedTuple):
    """One service of the shop.

    :param replicas: None: one on each node.
    :param on_failure: what the engine does when an update of it fails.
    :param once: its task runs once and ends well.
    """

    secrets: tuple[str, ...]
    replicas: int | None = 1
    on_failure: str = "pause"
    wave: int = 0
    once: bool = False


SERVICES = {
    "web": Sketch(("db_pw", "db_user"), 2),
    "api": Sketch(("api_key", "db_pw", "db_user"), 1, "rollback"),
    "agent": Sketch(("api_key",), None, wave=1),
    "keys": Sketch(("api_key",), 1, "continue", wave=1),
    "migrate": Sketch(("db_pw",), once=True),
}
#: Those that are kept in step.
CONSUMERS = tuple(name for name, sketch in SERVICES.items() if not sketch.once)
NODES = ("m2", "w1")
BROKEN_IMAGE = "shop:broken"

FAULTS: dict[str, faults.Fault] = {
    "lose_answer": faults.lose_answer,
    "refuse_connection": faults.refuse_connection,
    "unavailable": faults.unavailable,
    "out_of_sequence": faults.out_of_sequence,
    "kill_before": faults.kill_before,
    "kill_after": faults.kill_after,
}

#: Events that others bring about, by name, with their argument; they may come in a run's midst.
OTHERS = (
    *(
        (name, service)
        for name in ("release", "break_image", "back", "relabel")
        for service in CONSUMERS
    ),
    *(("redeploy_old", service) for service in ("web", "api", "keys")),
    *(("lose", node) for node in NODES),
    *(("drain", node) for node in NODES),
    *(("scale_up", service) for service in ("web", "keys")),
    *(("scale_down", service) for service in ("web", "keys")),
    *(("remove", service) for service in ("keys",)),
    ("hush", DRIVER),
    *(("dawdle", seconds) for seconds in ("1", "4")),
)


Event = tuple[str, int, str] | tuple[str, int, str, str]


class Shop:
    """A shop whose services live on secrets from Vault."""

    def __init__(self) -> None:
        self.scenario = Scenario()
        self.scenario.engine.behaviour.lacks_image(BROKEN_IMAGE)
        self.values = 0
        self.bad: set[tuple[str, str]] = set()
        self.requests: tuple[SecretRequest, ...] = ()
        for path, names in PATHS.items():
            self.put(path)
            for name in names:
                self.scenario.secret(name, f"first-{name}", owner="shop")
                request = self.scenario.request(name, path)
                self.requests = (*self.requests, request)
        for service in SERVICES:
            self.create(service)
        self.scenario.secret("theirs_v1", "theirs", owner="others")
        self.scenario.service("theirs", "theirs_v1")

    def create(self, service: str) -> None:
        """Make a service, of the Swarm secrets that somebody wrote into its stack file."""
        sketch = SERVICES[service]
        mode: Document = {"Replicated": {"Replicas": sketch.replicas}}
        spec = self.scenario.spec(
            service,
            *sketch.secrets,
            mode={"Global": {}} if sketch.replicas is None else mode,
            update={"FailureAction": sketch.on_failure},
            labels={"swarmvault.wave": str(sketch.wave)} if sketch.wave else {},
            restart={"Condition": "none"} if sketch.once else {},
        )
        if sketch.once:
            self.scenario.behaviour.always(service, exits=0.5, exit_code=0)
        self.scenario.create(spec)
        if sketch.once:
            self.wait(2.0)

    # -- sources ------------------------------------------------------------------------------

    def put(self, path: str, rejected_by: str | None = None, *, only: str | None = None) -> None:
        """Write new values to Vault; one service may not start with them.

        :param only: the one field that changes.
        """
        self.values += 1
        fields = {name: f"{name}-{self.values}" for name in PATHS[path]}
        if only is not None:
            fields = {**self.scenario.vault.current(path), only: fields[only]}
        self.scenario.vault.put(path, **fields)
        if rejected_by is not None:
            used = [name for name in PATHS[path] if name in SERVICES[rejected_by].secrets]
            if used:
                value = fields[only if only in used else used[-1]]
                self.scenario.behaviour.rejects(rejected_by, value.encode())
                self.bad.add((rejected_by, value))

    def put_again(self, path: str) -> None:
        """Write the very values that are there already: a new version of the same."""
        self.scenario.vault.put(path, **self.scenario.vault.current(path))

    def move(self, name: str) -> None:
        """Let a driver serve a secret that was stored, or the other way round."""
        self.requests = tuple(
            replace(one, driver="" if one.driver else DRIVER) if one.name == name else one
            for one in self.requests
        )

    # -- others -------------------------------------------------------------------------------

    def other(self, event: str, thing: str) -> None:
        """Let somebody else do something, if that can be done now."""
        if thing in SERVICES and self.scenario.store.service_named(thing) is None:
            if event == "release":
                self.create(thing)
            return
        try:
            getattr(self, f"_{event}")(thing)
        except DockerError as refused:
            # Their tools tell them so, as with no spec to go back to.
            if refused.status not in {400, 404}:
                raise

    def _release(self, service: str) -> None:
        self.values += 1
        self.scenario.release(service, f"shop:{self.values}")

    def _break_image(self, service: str) -> None:
        self.scenario.release(service, BROKEN_IMAGE)

    def _back(self, service: str) -> None:
        self.scenario.roll_back(service)

    def _relabel(self, service: str) -> None:
        self.values += 1
        self.scenario.relabel(service, note=str(self.values))

    def _redeploy_old(self, service: str) -> None:
        """Deploy a stack file that names the Swarm secrets of the first day."""

        def edit(spec: Document) -> None:
            names = SERVICES[service].secrets
            entries = [self.scenario.entry(name, name) for name in names]
            spec["TaskTemplate"]["ContainerSpec"]["Secrets"] = entries

        self.scenario.deploy(service, edit)

    def _scale_up(self, service: str) -> None:
        self.scenario.scale(service, 3)

    def _scale_down(self, service: str) -> None:
        self.scenario.scale(service, 0)

    def _remove(self, service: str) -> None:
        self.scenario.remove(service)

    def _lose(self, node: str) -> None:
        self.scenario.engine.lose(node)

    def _drain(self, node: str) -> None:
        self.scenario.engine.set_availability(node, "drain")

    def _hush(self, driver: str) -> None:
        """Let a driver answer nobody any more."""
        self.scenario.store.silent.add(driver)

    def _dawdle(self, seconds: str) -> None:
        """Let time pass between two calls of a run, as on a machine that is busy."""
        self.wait(float(seconds))

    def heal(self) -> None:
        """Bring all nodes back, and the driver."""
        self.scenario.store.silent.clear()
        for node in NODES:
            self.scenario.engine.find(node)
            self.scenario.engine.set_availability(node, "active")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.scenario.clock.sleep(seconds)

    # -- runs ---------------------------------------------------------------------------------

    def run(  # noqa: PLR0913 - each is one option of a run
        self,
        *events: Event,
        on_failure: str = "rollback",
        keep: int = 2,
        parallel: int = 4,
        wait_timeout: float = 30.0,
        force: bool = False,
        exact: bool = False,
    ) -> Run:
        """Run; at some of its calls something goes wrong, or somebody else does something.

        :param events: ``call`` or ``write`` and its number, and the name of a fault, or of what
            somebody does and to what.
        """
        start = self.scenario.start(
            *self.requests,
            on_failure=on_failure,
            keep_versions=keep,
            max_parallel=parallel,
            wait_timeout=wait_timeout,
            force=force,
        )
        start.audit.exact = exact
        for kind, number, name, *thing in events:
            fault = FAULTS[name] if not thing else faults.interfere(self._act(name, thing[0]))
            pattern = "^(POST|DELETE)" if kind == "write" else ""
            start.transport.on(pattern, fault, nth=number)
        return start.run()

    def take_back(self, path: str) -> Run:
        """Go back to the version before, for all secrets of a path."""
        requests = [one for one in self.requests if one.name in PATHS[path]]
        return self.scenario.rotate(*requests, state="rolled_back", wait_timeout=30.0)

    def _act(self, event: str, thing: str) -> t.Callable[[], None]:
        return lambda: self.other(event, thing)

    def quiet(self, runs: int = 8) -> None:
        """Run until nothing changes any more, with nobody else there.

        While a driver answers nobody, each run tries again what waits for it.
        """
        self.scenario.store.silent.clear()
        self.scenario.until_quiet(*self.requests, runs=runs, wait_timeout=30.0)

    def end_well(self) -> None:
        """Mend what others broke and write good values: then every service runs these."""
        self.heal()
        for service in CONSUMERS:
            if self.scenario.store.service_named(service) is None:
                self.create(service)
            self.scenario.release(service, IMAGE)
        for path in PATHS:
            self.put(path)
        self.quiet()
        # What crashes and was deployed by somebody meanwhile is paused, and held until told so.
        self.run(force=True)
        self.quiet()
        wanted = {
            name: value
            for path in PATHS
            for name, value in self.scenario.vault.current(path).items()
        }
        for service in CONSUMERS:
            found = self.scenario.values_in(service)
            if found != {name: wanted[name] for name in SERVICES[service].secrets}:
                raise BrokenPromise(f"in the end {service} runs {found}")
