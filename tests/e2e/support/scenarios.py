# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs that are disturbed: what there is before, and what must hold in the end."""

from __future__ import annotations

import typing as t

from tests.e2e.support.jobs import Job
from tests.e2e.support.looks import PATIENT

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

    from tests.e2e.support.scene import Scene, Seen


def _same(found: object, wanted: object) -> None:
    assert found == wanted, f"{found} instead of {wanted}"


class Scenario(t.Protocol):
    """A job under way."""

    def prepare(self, scene: Scene) -> Job:
        """Bring about what there is before the run that is disturbed, and return its job."""

    def check_report(self, report: Report) -> None:
        """Check how the run ends that completes the job."""

    def check(self, scene: Scene) -> None:
        """Check what must hold once the job is complete."""


def completed(scene: Scene, scenario: Scenario, job: Job) -> None:
    """Check that the job is complete, and that a run on yet another manager finds nothing to do."""
    scenario.check(scene)
    again: Seen = scene.run(job, manager=2)
    assert not again.report.failed, again.report.message
    assert not again.report.changed, again.report
    _same(again.writes, [])
    scenario.check(scene)


def _first(scene: Scene, **values: str) -> Job:
    """Write values and make the first version of each; return the job that rotates them."""
    for plain, value in values.items():
        scene.world.put(scene.name(plain), password=value)
    job = Job({scene.name(plain): scene.name(plain) for plain in values})
    scene.run(job, manager=0)
    return job


def _three_versions(scene: Scene) -> Job:
    """Make three versions of one secret; return the job that rotates it and keeps them all."""
    job = _first(scene, db="value-1").with_options(keep_versions=9)
    for number in (2, 3):
        scene.world.put(scene.name("db"), password=f"value-{number}")
        scene.run(job, manager=0)
    return job


def _consumer(scene: Scene, plain: str, *logical: str, **more: t.Any) -> None:
    references = {scene.name(one): scene.name(f"{one}_v1") for one in logical}
    scene.world.service(scene.name(plain), references, **more)


def _two_consumers(scene: Scene) -> None:
    references = {scene.name("db"): scene.name("db_v3")}
    scene.world.service(scene.name("shop"), references, wait=False)
    scene.world.service(scene.name("mail"), references)
    scene.world.wait_running(scene.name("shop"))


class TwoSecretsOnTwoConsumers:
    """Both secrets change; one consumer uses both, the other one of them."""

    def prepare(self, scene: Scene) -> Job:
        """One version of each, run by the consumers, and two new values."""
        job = _first(scene, db="old-db", api="old-api")
        _consumer(scene, "shop", "db", "api", wait=False)
        _consumer(scene, "mail", "db")
        scene.world.wait_running(scene.name("shop"))
        scene.world.put(scene.name("db"), password="new-db")
        scene.world.put(scene.name("api"), password="new-api")
        return job

    def check_report(self, report: Report) -> None:
        """Check that it went well."""
        assert not report.failed, report.message

    def check(self, scene: Scene) -> None:
        """Everything runs the new versions, and those before stay for the way back."""
        _same(scene.runs("shop", db="new-db", api="new-api"), {"db": "db_v2", "api": "api_v2"})
        _same(scene.runs("mail", db="new-db"), {"db": "db_v2"})
        for plain in ("db", "api"):
            _same(scene.statuses(plain), {"v1": "active", "v2": "active"})


class AdoptionOfAHandMadeSecret:
    """A consumer uses a secret that was made by hand; the first version takes over."""

    def prepare(self, scene: Scene) -> Job:
        """A secret made by hand, a consumer, and a value in the source."""
        scene.world.secret(scene.name("db"), "by-hand")
        scene.world.service(scene.name("shop"), {scene.name("db"): scene.name("db")})
        scene.world.put(scene.name("db"), password="from-vault")
        return Job({scene.name("db"): scene.name("db")})

    def check_report(self, report: Report) -> None:
        """Check that it went well."""
        assert not report.failed, report.message

    def check(self, scene: Scene) -> None:
        """The consumer runs version 1 under the same target; the original is untouched."""
        _same(scene.runs("shop", db="from-vault"), {"db": "db_v1"})
        _same(scene.statuses("db"), {"v1": "active"})
        _same(scene.world.secrets()[scene.name("db")], {})


class Retirement:
    """A rotation after which two versions are one too many, each for keep_versions 2."""

    def prepare(self, scene: Scene) -> Job:
        """Three versions, the consumer at the third, and a new value."""
        job = _three_versions(scene)
        scene.world.service(scene.name("shop"), {scene.name("db"): scene.name("db_v3")})
        scene.world.put(scene.name("db"), password="value-4")
        return job.with_options(keep_versions=2)

    def check_report(self, report: Report) -> None:
        """Check that it went well."""
        assert not report.failed, report.message

    def check(self, scene: Scene) -> None:
        """The new version and the one before are left."""
        _same(scene.runs("shop", db="value-4"), {"db": "db_v4"})
        _same(scene.statuses("db"), {"v3": "active", "v4": "active"})


class FailingValue:
    """A value that its consumers do not start with: first wave, and a second never reached.

    :param failure_action: what the engine itself does when the update fails.
    """

    def __init__(self, failure_action: str) -> None:
        self.failure_action = failure_action

    def prepare(self, scene: Scene) -> Job:
        """Two consumers in two waves, and a value that breaks them."""
        job = _first(scene, db="good")
        update = {**PATIENT, "FailureAction": self.failure_action}
        _consumer(scene, "early", "db", update=update, wait=False)
        _consumer(scene, "late", "db", update=update, labels={"swarmvault.wave": "1"})
        scene.world.wait_running(scene.name("early"))
        scene.notes["late"] = scene.world.task_ids(scene.name("late"))
        scene.world.put(scene.name("db"), password="bad-value")
        return job

    def check_report(self, report: Report) -> None:
        """Check that it either saw the failure and says so, or found it and keeps away."""
        (secret,) = report.secrets
        assert secret.action == "quarantined", report
        assert secret.current is not None
        assert secret.current.endswith("-db_v1")
        if report.failed:
            assert "early" in report.message
        else:
            assert any("quarantined" in warning for warning in report.warnings)

    def check(self, scene: Scene) -> None:
        """All run the old value, the late one without ever a restart; the new one is rejected."""
        if self.failure_action == "rollback":
            # On its way back before any run had to do with it: none waits for that.
            scene.world.wait_running(scene.name("early"))
        _same(scene.runs("early", db="good"), {"db": "db_v1"})
        _same(scene.runs("late", db="good"), {"db": "db_v1"})
        _same(scene.world.task_ids(scene.name("late")), scene.notes["late"])
        _same(scene.statuses("db"), {"v1": "active", "v2": "quarantined"})
        _same(scene.versions("db")["v2"]["swarmvault.failed_on"], scene.name("early"))


class RolledBack:
    """``state: rolled_back`` with more than one version to go back to."""

    def prepare(self, scene: Scene) -> Job:
        """Three versions, all run before, and two consumers at the third."""
        _three_versions(scene)
        _two_consumers(scene)
        return Job({scene.name("db"): ""}, {"state": "rolled_back"})

    def check_report(self, report: Report) -> None:
        """Check that it went well."""
        assert not report.failed, report.message

    def check(self, scene: Scene) -> None:
        """Everything runs version 2, and nothing was removed."""
        for service in ("shop", "mail"):
            _same(scene.runs(service, db="value-2"), {"db": "db_v2"})
        _same(scene.statuses("db"), {"v1": "active", "v2": "active", "v3": "quarantined"})


class FourthVersion:
    """A rotation with versions to go back to."""

    def prepare(self, scene: Scene) -> Job:
        """Three versions, all run before, two consumers at the third, and a new value."""
        job = _three_versions(scene)
        _two_consumers(scene)
        scene.world.put(scene.name("db"), password="value-4")
        return job

    def check_report(self, report: Report) -> None:
        """Check that it went well."""
        assert not report.failed, report.message

    def check(self, scene: Scene) -> None:
        """Everything runs version 4."""
        for service in ("shop", "mail"):
            _same(scene.runs(service, db="value-4"), {"db": "db_v4"})
        _same(set(scene.statuses("db").values()), {"active"})


class SameValue:
    """A new source version that holds the same value."""

    def prepare(self, scene: Scene) -> Job:
        """One version, run by a consumer, and its value written once more."""
        job = _first(scene, db="same")
        _consumer(scene, "shop", "db")
        scene.notes["tasks"] = scene.world.task_ids(scene.name("shop"))
        scene.world.put(scene.name("db"), password="same")
        return job

    def check_report(self, report: Report) -> None:
        """Check that it went well."""
        assert not report.failed, report.message

    def check(self, scene: Scene) -> None:
        """The new source version is recorded, and no task was restarted."""
        _same(scene.runs("shop", db="same"), {"db": "db_v1"})
        _same(scene.versions("db")["v1"]["swarmvault.source_version"], "2")
        _same(scene.statuses("db"), {"v1": "active"})
        _same(scene.world.task_ids(scene.name("shop")), scene.notes["tasks"])
