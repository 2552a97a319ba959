# SPDX-License-Identifier: GPL-3.0-or-later
"""Record what real engines answer, for the unit tests: ``python -m tests.e2e.swarm.record BED...``.

Writes one file per bed, named after the engine's version: its secrets, services and tasks after a
few updates that went well, failed, and were rolled back. To be run anew for a new generation.
"""

from __future__ import annotations

import json
import sys
import typing as t
from functools import partial
from pathlib import Path

from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import spec as specs

from testbed import Bed
from tests.e2e.swarm.engine import BAD, DEADLINE, SECOND, Engine, reference, small_spec

RECORDED = Path(__file__).parents[2] / "unit/plugins/module_utils/_swarm/recorded"

PATIENT = {"Monitor": 20 * SECOND}


def record(engine: Engine) -> Path:
    """Make services in every state, and write down how the engine describes them."""
    old, bad = engine.secret(labels={"vault_path": "app/db"}), engine.secret(BAD)
    ids = {}
    for name, action in (("paused", "pause"), ("rolled-back", "rollback")):
        spec = small_spec(name, [reference(old)], FailureAction=action, **PATIENT)
        ids[name] = engine.service(spec)
    ids["updated"] = engine.service(small_spec("updated", [reference(old)], replicas=0))
    everywhere = small_spec("global", [reference(old, "/run/db", Mode=0o400)])
    ids["global"] = engine.service({**everywhere, "Mode": {"Global": {}}})
    job = small_spec("job", [])
    del job["UpdateConfig"], job["RollbackConfig"], job["TaskTemplate"]["RestartPolicy"]
    job["Mode"] = {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}}
    ids["job"] = engine.service(job)
    for name in ("paused", "rolled-back", "global"):
        engine.wait_for_service(f"{name} to run", ids[name], partial(runs, engine, ids[name]))

    for name in ("paused", "rolled-back", "updated"):
        engine.update(ids[name], lambda one: specs.swap_references(one.raw_spec, {old[0]: bad}))
    for name, state in (("paused", "paused"), ("rolled-back", "rollback_completed")):
        engine.wait_for_service(
            f"{name} to be so",
            ids[name],
            lambda name=name, state=state: state_is(engine, ids[name], state),
            patience=DEADLINE,
        )

    version = engine.transport.call("GET", "/version")["Version"].split("+")[0]
    path = RECORDED / f"{version}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(documents(engine, set(ids.values())), indent=1) + "\n")
    return path


def runs(engine: Engine, service_id: str) -> bool:
    tasks = engine.swarm.tasks([service_id], live_only=True)
    return bool(tasks) and all(task.state == "running" for task in tasks)


def state_is(engine: Engine, service_id: str, state: str) -> bool:
    return engine.swarm.service(service_id).update_state == state


def documents(engine: Engine, ids: set[str]) -> dict[str, t.Any]:
    """Return what the engine says about our things only."""
    secrets, services, tasks = (
        engine.transport.call("GET", path) for path in ("/secrets", "/services", "/tasks")
    )
    return {
        "secrets": [one for one in secrets if one["Spec"]["Name"].startswith(engine.prefix)],
        "services": [one for one in services if one["ID"] in ids],
        "tasks": [one for one in tasks if one["ServiceID"] in ids],
    }


def main() -> None:
    for name in sys.argv[1:]:
        bed = Bed.find(name)
        if bed is None:
            sys.exit(f"there is no bed {name!r}")
        engine = Engine(bed)
        try:
            print(record(engine))
        finally:
            engine.clean()


if __name__ == "__main__":
    main()
