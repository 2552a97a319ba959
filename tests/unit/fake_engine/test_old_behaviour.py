# SPDX-License-Identifier: GPL-3.0-or-later
"""Would these tests have found what once was wrong? The old behaviour is brought back to see.

Each story ends well with the product as it is. With the old behaviour patched in, the audit that
also watches the property test stops the run at the very call that does harm.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import groups
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply import (
    actions,
    service_update,
    spec_edits,
    verdict,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe import consumers
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan import decision

from tests.fake_engine import faults
from tests.fake_engine.audit import BrokenPromise
from tests.fake_engine.model import SECOND
from tests.fake_engine.scenario import Scenario
from tests.fake_engine.shop import Shop

Patch = t.Callable[[pytest.MonkeyPatch], None]
Story = t.Callable[[], None]


# -- S1: a one-shot service is updated, and so runs once more ----------------------------------


def updates_what_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers.Consumer, "is_one_shot", False)


def a_migration_has_run() -> None:
    Shop().run()


# -- S2: what takes longer than wait_timeout counts as rejected --------------------------------


def rejects_what_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(question: t.Any, tasks: t.Any, seen: t.Any) -> verdict.Verdict:
        del question, tasks
        return verdict.Verdict(verdict.Finding.REJECTED, seen.reason)

    monkeypatch.setattr(verdict, "_late", late)
    monkeypatch.setattr(
        service_update.ServiceUpdate, "_patience", lambda self: self.rules.options.wait_timeout
    )


def a_rollout_takes_its_time() -> None:
    scenario = _with_a_password(replicas=4, update={"Delay": 6 * SECOND})
    run = scenario.rotate(scenario.request("pw", "shop"), wait_timeout=4.0)
    assert run.state_of("web") == "converged"


# -- S3: whatever ends an update is the value's fault ------------------------------------------


def rejects_what_never_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    def given_up(question: t.Any, service: t.Any, tasks: t.Any, seen: t.Any) -> verdict.Verdict:
        del question, service, tasks
        return verdict.Verdict(verdict.Finding.REJECTED, seen.reason)

    monkeypatch.setattr(verdict, "_given_up", given_up)


def the_image_is_gone() -> None:
    scenario = _with_a_password(replicas=2)
    scenario.behaviour.lacks_image("shop:1")
    scenario.rotate(scenario.request("pw", "shop"))
    assert scenario.status("pw_v1") == "pending"


# -- S7: the same value, written again, is tried again -----------------------------------------


def forgets_what_was_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    def rejected(secret: t.Any, options: t.Any) -> t.Any:
        del options
        for version in reversed(secret.choice.rejected):
            if decision.follows(version, secret.request, secret.source):
                return version
        return None

    monkeypatch.setattr(decision, "_rejected", rejected)


def a_bad_value_is_written_twice() -> None:
    shop = Shop()
    shop.run()
    shop.put("api", "api")
    shop.run()
    shop.put_again("api")
    shop.run()


# -- R1: the answer to a way back is lost, and the consumer goes back once more ----------------


def goes_back_from_whatever_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Touch every reference to the logical secret, not only those to the rejected version."""

    def send_back(self: t.Any, now: float, known: object) -> t.Any:
        del now, known
        gone = {name: self.rules.targets[name] for name in self.moved}
        gone_ids = {target.secret_id for target in gone.values()}
        if spec_edits.can_use_previous_spec(self.service, self.given, gone_ids):
            return [actions.Send(None)]
        held = [self.rules.state.by_secret_id[one.secret_id] for one in self.service.references]
        present_ones = {
            version.logical: dataclasses.replace(
                gone[version.logical], secret_id=version.secret.id, name=version.secret.name
            )
            for version in held
            if version.logical in gone
        }
        spec = spec_edits.go_back(self.service, self.rules.state, present_ones, {})
        assert spec is not None
        return [actions.Send(spec)]

    monkeypatch.setattr(service_update.ServiceUpdate, "_send_back", send_back)


def the_answer_to_a_way_back_is_lost() -> None:
    scenario = _with_a_password()
    scenario.rotate(scenario.request("pw", "shop"))
    for number in (2, 3):
        scenario.vault.put("shop", pw=f"p{number}")
        if number == 3:
            scenario.behaviour.rejects("web", b"p3")
        start = scenario.start(scenario.request("pw", "shop"))
        start.transport.on("rollback", faults.lose_answer)
        start.run()
    assert scenario.names_in("web") == {"pw": "pw_v2"}


# -- R2: each field of one path for itself -----------------------------------------------------


def knows_no_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    def singly(requests: t.Iterable[t.Any]) -> list[tuple[t.Any, ...]]:
        return [(request,) for request in requests if request.source is not None]

    monkeypatch.setattr(groups, "groups_of", singly)
    monkeypatch.setattr(groups, "group_label", lambda *_args, **_options: None)
    monkeypatch.setattr(groups, "changing_groups", lambda *_args: {})


def one_field_of_a_path_is_bad() -> None:
    shop = Shop()
    shop.run()
    shop.put("db", "web")
    shop.run()


def _with_a_password(**more: t.Any) -> Scenario:
    scenario = Scenario()
    scenario.vault.put("shop", pw="p1")
    scenario.secret("pw", "first")
    scenario.service("web", "pw", **more)
    return scenario


CASES: dict[str, tuple[Patch, Story]] = {
    "S1": (updates_what_runs_once, a_migration_has_run),
    "S2": (rejects_what_is_late, a_rollout_takes_its_time),
    "S3": (rejects_what_never_ran, the_image_is_gone),
    "S7": (forgets_what_was_rejected, a_bad_value_is_written_twice),
    "R1": (goes_back_from_whatever_is_there, the_answer_to_a_way_back_is_lost),
    "R2": (knows_no_groups, one_field_of_a_path_is_bad),
}


@pytest.mark.parametrize("case", CASES)
def test_today_the_story_ends_well(case: str) -> None:
    _patch, story = CASES[case]
    story()


@pytest.mark.parametrize("case", CASES)
def test_the_audit_stops_the_old_behaviour(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, story = CASES[case]
    patch(monkeypatch)
    with pytest.raises(BrokenPromise):
        story()
