# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run tells: per secret and service what was done, in names and versions, never values."""

from __future__ import annotations

import json

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply import (
    outcome as outcomes,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply.result import (
    ApplyResult,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply.spec_edits import (
    Target,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SourceState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import (
    Plan,
    SecretAction,
    SecretPlan,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import (
    report_applied,
    report_plan,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import Attachment

from tests.unit.plugins.module_utils._rotation.builders import (
    CANARY,
    holds,
    plan,
    request,
    secret_id,
    service,
    swarm,
    version,
)


def rotating() -> Plan:
    state = swarm(
        version("db", 1),
        version("db", 2),
        version("db", 3),
        service("web", "db_v3"),
        service("api", "db_v3", labels={"swarmvault.wave": "1"}),
        service("job", "db_v3", mode="ReplicatedJob"),
        service("held", "db_v3", previous=["db_v3"], state="paused"),
        service("new"),
    )
    asked = request(attachments=(Attachment("new", target="password"),))
    return plan(state, holds(4, CANARY), [asked])


def unheld() -> Plan:
    versions = [version("db", number) for number in (1, 2, 3)]
    return plan(swarm(*versions, service("web", "db_v3")), holds(4, CANARY))


def done(*outcomes: outcomes.Outcome, **more: object) -> ApplyResult:
    targets = {"db": Target(secret_id("db_v4"), "db_v4")}
    return ApplyResult(changed=True, targets=targets, outcomes=list(outcomes), **more)


def outcome(state: str, *, updated: bool = True, service: str = "web") -> outcomes.Outcome:
    return outcomes.Outcome(service, state, f"it is {state}", ("db",), updated, 1.5)


def test_a_plan_is_told_in_the_words_of_the_return_values() -> None:
    report = report_plan(rotating())
    assert report.as_dict()["changed"] is True
    assert report.as_dict()["secrets"] == [
        {
            "name": "db",
            "action": "rotated",
            "current": "db_v4",
            "previous": "db_v3",
            "source_version": 4,
            "reason": "new value in source version 4",
            "expires": None,
            "renews": None,
            "offered_version": 4,
        }
    ]
    services = {item["name"]: item for item in report.as_dict()["services"]}
    assert {name: (item["action"], item["state"]) for name, item in services.items()} == {
        "web": ("updated", "planned"),
        "api": ("updated", "planned"),
        "job": ("skipped", "skipped"),
        "held": ("skipped", "held"),
        "new": ("updated", "planned"),
    }
    assert services["web"] == {
        "name": "web",
        "action": "updated",
        "state": "planned",
        "duration": 0.0,
        "secrets": ["db"],
        "reason": "db_v3 is replaced by db_v4",
    }
    assert not report.failed


def test_a_watched_service_is_unchanged_in_the_plan() -> None:
    state = swarm(version("db", 1), version("db", 2, status="pending"), service("web", "db_v2"))
    report = report_plan(plan(state, holds(2)))
    assert [(item.action, item.state) for item in report.services] == [("unchanged", "planned")]


def test_the_diff_shows_names_before_and_after() -> None:
    report = report_plan(unheld())
    assert report.diff() == {
        "before": "secret db_v1\nsecret db_v2\nservice web: db <- db_v3\n",
        "after": "secret db_v4\nservice web: db <- db_v4\n",
    }


def test_the_diff_shows_what_is_attached() -> None:
    asked = request(attachments=(Attachment("new", target="password"), Attachment("web")))
    state = swarm(version("db", 1), service("new"), service("web"))
    diff = report_plan(plan(state, holds(1), [asked])).diff()
    assert diff["before"] == ""
    assert diff["after"] == "service new: password <- db_v1\nservice web: db <- db_v1\n"


def test_the_diff_shows_labels_but_no_fingerprint() -> None:
    state = swarm(version("db", 1, value=CANARY, more={"a": "1"}))
    diff = report_plan(plan(state, holds(2, CANARY))).diff()
    assert "swarmvault.source_version=1" in diff["before"]
    assert "swarmvault.source_version=2" in diff["after"]
    assert "hmac" not in json.dumps(diff)


def test_nothing_to_do_gives_an_empty_diff() -> None:
    report = report_plan(plan(swarm(version("db", 1)), holds(1)))
    assert report.diff() == {"before": "", "after": ""}
    assert not report.changed


def test_what_is_quarantined_is_warned_of() -> None:
    state = swarm(version("db", 1), version("db", 2, status="quarantined", failed_on="web"))
    report = report_plan(plan(state, holds(2)))
    (warning,) = report.warnings
    assert warning.startswith("db: source version 2 is quarantined: db_v2 failed on web")
    assert (report.secrets[0].source_version, report.secrets[0].offered_version) == (1, 2)


def test_a_version_that_a_service_refuses_is_warned_of() -> None:
    state = swarm(version("db", 1), version("db", 2, failed_on="web"), service("web", "db_v1"))
    assert report_plan(plan(state, holds(2))).warnings == (
        "web: db_v2 failed on it before; force tries again",
    )


def test_a_rotation_that_went_well_is_no_failure() -> None:
    report = report_applied(
        unheld(), done(outcome(outcomes.ServiceState.CONVERGED), retired=["db_v1", "db_v2"])
    )
    assert not report.failed
    assert report.message == "Secrets: 1 rotated; 1 service updated."
    assert report.retired == ("db_v1", "db_v2")
    assert [(item.action, item.state, item.duration) for item in report.services] == [
        ("updated", "converged", 1.5)
    ]
    assert [(item.action, item.current) for item in report.secrets] == [("rotated", "db_v4")]


def test_the_name_that_a_version_really_got_is_told() -> None:
    applied = done(outcome(outcomes.ServiceState.CONVERGED))
    applied.targets["db"] = Target("id", "db_v5")  # another run took db_v4
    assert report_applied(unheld(), applied).secrets[0].current == "db_v5"


def test_every_failure_fails_the_task_and_is_named_with_its_reason() -> None:
    for state in outcomes.FAILURES:
        report = report_applied(unheld(), done(outcome(state)))
        assert report.failed
        assert f"web ({state}): it is {state}" in report.message
        assert report.as_dict()["services"][0]["state"] == state


def test_what_needs_no_action_fails_nothing() -> None:
    for state in (
        outcomes.ServiceState.CONVERGED,
        outcomes.ServiceState.UPDATING,
        outcomes.ServiceState.SKIPPED,
        outcomes.ServiceState.GONE,
        outcomes.ServiceState.SUPERSEDED,
    ):
        assert not report_applied(unheld(), done(outcome(state, updated=False))).failed


def test_a_version_that_failed_is_not_told_as_the_current_one() -> None:
    applied = done(
        outcome(outcomes.ServiceState.ROLLED_BACK), failed_secrets={"db": "rollout failed on web"}
    )
    (told,) = report_applied(unheld(), applied).secrets
    assert (told.action, told.current, told.previous) == ("quarantined", "db_v3", None)
    assert (told.source_version, told.offered_version) == (3, 4)
    assert told.reason == "db_v4: rollout failed on web"


def test_a_version_that_could_not_be_made_fails_the_task() -> None:
    applied = ApplyResult(failed_secrets={"db": "no leader"})
    report = report_applied(unheld(), applied)
    (told,) = report.secrets
    assert (told.action, told.current) == ("failed", "db_v3")
    assert report.failed
    assert "db: no leader" in report.message


def test_a_service_that_was_only_watched_is_unchanged() -> None:
    report = report_applied(unheld(), done(outcome(outcomes.ServiceState.CONVERGED, updated=False)))
    assert report.services[0].action == "unchanged"


def test_no_value_is_in_anything_a_report_says() -> None:
    applied = done(
        outcome(outcomes.ServiceState.ROLLED_BACK), failed_secrets={"db": "x"}, warnings=["y"]
    )
    for report in (report_plan(rotating()), report_applied(unheld(), applied)):
        assert CANARY not in repr(report)
        assert CANARY not in json.dumps(report.as_dict())
        assert CANARY not in json.dumps(report.diff())


@pytest.mark.case("R5")
def test_a_secret_with_a_problem_of_its_own_fails_the_task_and_is_named() -> None:
    sources = {name: SourceState(error=SourceError("no such path.")) for name in ("a", "b")}
    asked = [request("a"), request("b"), request()]
    state = swarm(version("db", 1), version("a", 1), service("web", "db_v1"))
    made = plan(state, {**sources, "db": holds(2, "new")}, asked)

    planned, carried_out = (
        report_plan(made),
        report_applied(made, done(outcome(outcomes.ServiceState.CONVERGED))),
    )

    assert planned.failed
    assert carried_out.failed
    assert planned.message == "Not everything can be rotated. a, b: no such path."
    assert carried_out.message == (
        "Not everything could be rotated; what is not named here is done. a, b: no such path."
    )
    for report in (planned, carried_out):
        assert [(one.name, one.action, one.current) for one in report.secrets] == [
            ("a", "failed", "a_v1"),
            ("b", "failed", None),
            ("db", "rotated", report.secrets[2].current),
        ]


def test_where_all_secrets_have_a_problem_nothing_was_changed() -> None:
    made = plan(swarm(version("db", 1)), SourceState(error=SourceError("no such path.")))
    report = report_plan(made)
    assert (report.failed, report.changed) == (True, False)
    assert report.message == "Nothing was changed. db: no such path."


def test_of_a_value_that_ends_is_told_from_when_on_it_is_renewed() -> None:
    term = {
        "swarmvault.issued": "2026-11-24T06:00:00Z",
        "swarmvault.expires": "2026-11-24T09:00:00Z",
    }
    for margin, renews in ((None, "08:00:00"), ("10m", "08:50:00")):
        labels = {**term, **({"vault_renew_before": margin} if margin else {})}
        current = swarm(version("db", 1, more=labels)).logical["db"].newest
        unchanged = SecretPlan("db", SecretAction.UNCHANGED, "it is fresh", current=current)
        (told,) = report_plan(Plan((unchanged,), (), ())).secrets
        assert (told.expires, told.renews) == (term["swarmvault.expires"], f"2026-11-24T{renews}Z")
    (told,) = report_plan(plan(swarm(version("db", 1)), holds(1))).secrets
    assert (told.expires, told.renews) == (None, None)
