# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds of every plan, whatever the Swarm looks like and wherever a run is killed."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import UPDATE
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import report_plan
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.versions import (
    managed_version,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.responses import (
    parse_secret,
)
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._rotation.builders import (
    CANARY,
    KEY,
    managed_labels,
    options,
    reference,
    request,
)
from tests.unit.plugins.module_utils._rotation.simulation import World, carry_out, plan_of, steps

#: Names that a filter by prefix would mix up.
NAMES = ["db", "db_v", "db_vault_token", "db_v1"]
MODES = ["Replicated", "Replicated", "Global", "ReplicatedJob"]
REQUESTS = [request(name) for name in NAMES]
#: Runs until nothing changes any more; more than these would be a flap.
MOST_RUNS = 4

quick = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def value_of(name: str, number: int) -> str:
    return f"{CANARY} {name} {number}"


def foreign(world: World) -> dict[str, object]:
    """Return what others made: no labels of ours, or a name that does not fit them."""
    return {
        name: copy.deepcopy(document)
        for name, document in world.secrets.items()
        # Versions of ours inherit the label.
        if document["Spec"]["Labels"].get("made_by") == "others"
        and managed_version(parse_secret(document)) is None
    }


@st.composite
def worlds(draw: st.DrawFn, *, failing: bool = False) -> World:
    """Draw a Swarm: some versions of some secrets, services that run any of them, new sources."""
    world = World()
    others = {"made_by": "others"}
    for name in NAMES:
        if name != "db_v1" and draw(st.booleans(), label=f"{name} has an original"):
            world.add_secret(name, others, value_of(name, 0))
        count = draw(st.integers(0, 3), label=f"versions of {name}")
        for number in range(1, count + 1):
            world.add_secret(
                f"{name}_v{number}", managed_labels(name, number), value_of(name, number)
            )
        ahead = draw(st.sampled_from([0, 1, 1, 2]), label=f"{name} is ahead by")
        number = max(count + ahead, 1)
        world.sources[name] = (number, value_of(name, number))
    world.add_secret("copy_of_db", {**managed_labels("db", 7), **others}, "x")
    if "db_v9" not in world.secrets:
        world.add_secret("db_v9", {"vault_path": "x", **others}, "x")
    available = sorted(world.secrets)
    for service in ["web", "api", "job"][: draw(st.integers(1, 3), label="services")]:
        used = draw(st.lists(st.sampled_from(available), max_size=4, unique=True), label=service)
        referred = [reference(name, f"file{index}") for index, name in enumerate(used)]
        mode = draw(st.sampled_from(MODES), label=f"mode of {service}")
        action = draw(st.sampled_from(["pause", "rollback"]), label=f"{service} on failure")
        world.add_service(service, referred, action, mode=mode)
        if failing and mode != "ReplicatedJob":
            known = set(world.values.values())
            new = [item for _first, item in world.sources.values() if item not in known]
            bad = draw(
                st.sets(st.sampled_from(new or [""]), max_size=2), label=f"{service} rejects"
            )
            world.rejects |= {(service, value) for value in bad}
    return world


def settle(
    world: World, chosen: Options, requests: Sequence[SecretRequest] = REQUESTS
) -> list[list[str]]:
    """Run until nothing changes any more."""
    made: list[list[str]] = []
    for _run in range(MOST_RUNS):
        made.append(carry_out(world, requests, chosen))
        if not made[-1]:
            return made
    note("\n".join(world.log))
    pytest.fail(f"still changing after {MOST_RUNS} runs: {made}")


@given(worlds(), st.integers(1, 3))
@quick
def test_a_plan_carried_out_twice_changes_nothing_the_second_time(world: World, keep: int) -> None:
    chosen = options(keep_versions=keep)
    carry_out(world, REQUESTS, chosen)
    plan, _rest = plan_of(world, REQUESTS, chosen)
    assert not plan.changes
    assert [item.action for item in plan.consumers if item.action != "skip"] == []


@given(worlds())
@quick
def test_afterwards_every_service_but_jobs_runs_what_the_sources_hold(world: World) -> None:
    logical = {name: plan_of(world, REQUESTS, options())[1] for name in world.services}
    before = {
        name: {version.logical for _first, version in state.versions_in(service.references)}
        for name, state in logical.items()
        for service in state.services
        if service.name == name and not service.is_job
    }
    carry_out(world, REQUESTS, options())
    state = world.observe()
    for service in state.services:
        for item, version in state.versions_in(service.references):
            if service.name in before and version.logical in NAMES:
                assert version.logical in before[service.name]
                assert world.values[item.secret_id] == world.sources[version.logical][1]


@given(worlds(), st.data())
@quick
def test_a_run_killed_after_any_step_is_completed_by_the_next(
    world: World, data: st.DataObject
) -> None:
    chosen = options(keep_versions=data.draw(st.integers(1, 2), label="keep"))
    whole, killed = copy.deepcopy(world), copy.deepcopy(world)
    made = carry_out(whole, REQUESTS, chosen)
    cut = data.draw(st.integers(0, len(made)), label="killed after")
    carry_out(killed, REQUESTS, chosen, cut_after=cut)
    carry_out(killed, REQUESTS, chosen)
    note("\n".join(killed.log))
    assert killed.picture() == whole.picture()


@given(worlds(), st.data())
@quick
def test_a_run_killed_before_the_sources_change_again_leaves_no_orphan(
    world: World, data: st.DataObject
) -> None:
    chosen = options(keep_versions=2)
    carry_out(
        world, REQUESTS, chosen, cut_after=data.draw(st.integers(0, 12), label="killed after")
    )
    for name in data.draw(st.sets(st.sampled_from(NAMES)), label="changed again"):
        number, _rest = world.sources[name]
        world.sources[name] = (number + 1, value_of(name, number + 1))
    settle(world, chosen)
    note("\n".join(world.log))
    check_no_orphans(world)


def check_no_orphans(world: World) -> None:
    """No version is pending, or superseded without a service that needs it."""
    state = world.observe()
    needed = world.needed()
    for name in NAMES:
        managed = state.secret(name).managed
        newest = state.secret(name).newest
        for version in managed:
            kept_for_rollback = version.secret.name in needed
            if newest is not None and version.number < newest.number:
                never_good = version.is_pending or version.is_quarantined
                assert not never_good or kept_for_rollback, version.secret.name
            else:
                assert not version.is_pending, version.secret.name
        unused = [v for v in managed if v.secret.name not in needed and not v.is_quarantined]
        assert len(unused) <= 2


@given(worlds(failing=True), st.data())
@settings(quick, max_examples=50)
def test_whatever_fails_and_wherever_runs_are_killed_things_come_to_rest(
    world: World, data: st.DataObject
) -> None:
    chosen = options(on_failure=data.draw(st.sampled_from(["rollback", "pause"]), label="mode"))
    before = foreign(world)
    for cut in data.draw(st.lists(st.integers(0, 9), max_size=2), label="killed after"):
        carry_out(world, REQUESTS, chosen, cut_after=cut)
    settle(world, chosen)
    note("\n".join(world.log))
    assert foreign(world) == before
    if chosen.on_failure == "rollback":
        for name in world.services:
            assert not world.fails(name) or world.state_of(name) is None, name
        check_pending_is_accounted_for(world)


def check_pending_is_accounted_for(world: World) -> None:
    state = world.observe()
    for name in NAMES:
        for version in state.secret(name).managed:
            assert not version.is_pending, version.secret.name


@given(worlds(failing=True), st.data())
@quick
def test_a_source_version_that_failed_is_not_tried_again(world: World, data: st.DataObject) -> None:
    chosen = options()
    for _run in range(2):
        carry_out(world, REQUESTS, chosen)
    state = world.observe()
    bad = {
        version.secret.name
        for name in NAMES
        for version in state.secret(name).quarantined
        if version.source_version == world.sources[name][0]
    }
    assume(bad)
    plan, _rest = plan_of(world, REQUESTS, chosen)
    for secret in plan.secrets:
        assert secret.current_name not in bad
        if any(name.rsplit("_v", 1)[0] == secret.name for name in bad):
            assert secret.create is None
            assert secret.action == "quarantined"
    name = data.draw(st.sampled_from(sorted(bad)), label="newer").rsplit("_v", 1)[0]
    number, _rest = world.sources[name]
    world.sources[name] = (number + 1, value_of(name, number + 1))
    newer = plan_of(world, REQUESTS, chosen)[0].by_name[name]
    assert newer.create is not None
    forced = plan_of(world, REQUESTS, dataclasses.replace(chosen, force=True))[0]
    assert all(secret.create is not None for secret in forced.secrets)


@given(worlds(failing=True), st.integers(1, 3))
@quick
def test_what_others_made_is_never_touched(world: World, keep: int) -> None:
    before = foreign(world)
    for _run in range(3):
        plan, _rest = plan_of(world, REQUESTS, options(keep_versions=keep))
        touched = [item.secret.name for secret in plan.secrets for item in secret.relabels]
        touched += [version.secret.name for version in plan.retire]
        assert not set(touched) & set(before)
        carry_out(world, REQUESTS, options(keep_versions=keep))
    assert foreign(world) == before


@given(worlds(), st.sampled_from(NAMES))
@quick
def test_a_run_for_one_secret_touches_no_other(world: World, name: str) -> None:
    before = copy.deepcopy(world)
    carry_out(world, [request(name)], options(keep_versions=1))
    for other in NAMES:
        if other != name:
            theirs = [v.secret for v in before.observe().secret(other).versions]
            assert [v.secret for v in world.observe().secret(other).versions] == theirs
    changed = {
        item.target: (item.secret_name, now.secret_name)
        for was, service in zip(before.observe().services, world.observe().services, strict=True)
        for item, now in zip(was.references, service.references, strict=True)
        if item != now
    }
    mine = {v.secret.name for v in before.observe().secret(name).versions}
    assert {was for was, _second in changed.values()} <= mine


@given(worlds(failing=True), st.booleans())
@quick
def test_every_service_has_one_entry_and_one_update_and_jobs_have_none(
    world: World,
    force: bool,
) -> None:
    chosen = options(force=force)
    plan, state = plan_of(world, REQUESTS, chosen)
    entries = [item.service.name for item in plan.consumers]
    assert len(entries) == len(set(entries))
    jobs = {item.name for item in state.services if item.is_job}
    assert not jobs & {item.service.name for item in plan.consumers if item.action == UPDATE}
    made = list(steps(world, plan, state, chosen))
    updates = [step for step in made if step.startswith("update ")]
    assert len(updates) == len(set(updates))
    assert not {f"update {job}" for job in jobs} & set(updates)


@given(worlds(failing=True), st.booleans())
@quick
def test_no_value_shows_in_anything_a_plan_says(world: World, force: bool) -> None:
    for _run in range(2):
        plan, state = plan_of(world, REQUESTS, options(force=force))
        report = report_plan(plan)
        labels = [dict(s.create.labels) for s in plan.secrets if s.create is not None]
        shown = [plan, report, report.as_dict(), report.diff(), labels, plan.by_name, REQUESTS]
        shown += plan_sources(world)
        assert CANARY not in "".join(f"{item!r}{item!s}" for item in shown)
        assert repr(KEY) == "SecretValue(<hidden>)"
        list(steps(world, plan, state, options(force=force)))
        assert CANARY not in repr([world.labels_of(name) for name in world.secrets])


def plan_sources(world: World) -> list[SecretRequest]:
    """Return requests that carry the values themselves."""
    return [
        request(name, data=value, source=None) for name, (_version, value) in world.sources.items()
    ]


@given(worlds(), st.data())
@quick
def test_rolling_back_is_a_state_reached_from_any_killed_run(
    world: World, data: st.DataObject
) -> None:
    carry_out(world, REQUESTS, options())
    state = world.observe()
    requests = [request(name) for name in NAMES if len(state.secret(name).versions) > 1]
    assume(requests)
    chosen = options(state="rolled_back")
    whole = copy.deepcopy(world)
    made = carry_out(whole, requests, chosen)
    carry_out(world, requests, chosen, cut_after=data.draw(st.integers(0, len(made)), label="cut"))
    carry_out(world, requests, chosen)
    assert world.picture() == whole.picture()
    assert carry_out(world, requests, chosen) == []


@given(worlds())
@quick
def test_what_was_rolled_back_stays_back_until_the_source_is_newer(world: World) -> None:
    carry_out(world, REQUESTS, options())
    state = world.observe()
    requests = [request(name) for name in NAMES if len(state.secret(name).versions) > 1]
    assume(requests)
    carry_out(world, requests, options(state="rolled_back"))
    before = world.picture()["services"]
    settle(world, options())
    assert world.picture()["services"] == before


@given(worlds())
@quick
def test_without_waiting_the_next_run_confirms_and_retires(world: World) -> None:
    whole = copy.deepcopy(world)
    carry_out(whole, REQUESTS, options())
    carry_out(world, REQUESTS, options(wait=False))
    carry_out(world, REQUESTS, options())
    assert world.picture() == whole.picture()


@given(worlds(), st.data())
@quick
def test_a_stack_file_that_puts_old_references_back_is_repaired(
    world: World, data: st.DataObject
) -> None:
    carry_out(world, REQUESTS, options(keep_versions=3))
    good = world.picture()["services"]
    state = world.observe()
    name = data.draw(st.sampled_from(sorted(world.services)), label="redeployed")
    document = world.services[name]
    assume("ReplicatedJob" not in document["Spec"]["Mode"])
    redeployed = copy.deepcopy(document["Spec"])
    for entry in redeployed["TaskTemplate"]["ContainerSpec"].get("Secrets", []):
        version = state.by_secret_id[entry["SecretID"]]
        if version.logical in NAMES and not version.is_original:
            old = data.draw(st.sampled_from(state.secret(version.logical).versions), label="old")
            entry.update(SecretID=old.secret.id, SecretName=old.secret.name)
    world.update(name, redeployed)
    carry_out(world, REQUESTS, options(keep_versions=3))
    assert world.picture()["services"] == good
