# SPDX-License-Identifier: GPL-3.0-or-later
"""A rotation one wave at a time: between two runs somebody judges, and may take all of it back."""

from __future__ import annotations

from tests.fake_engine.product import SecretRequest
from tests.fake_engine.scenario import Run, Scenario

LEASED = "database/creds/shop"
WAVES = {"canary": 0, "web": 1, "api": 2}


def shop(*, leased: bool = False) -> tuple[Scenario, SecretRequest]:
    """Return a Swarm whose three services run the first value, each in a wave of its own."""
    scene = Scenario()
    if leased:
        scene.vault.lend(LEASED, 1000.0)
    else:
        scene.vault.put("shop/db", db="one")
    asked = scene.request(
        "db", LEASED if leased else "shop/db", field="password" if leased else "db"
    )
    scene.rotate(asked)
    for name, wave in WAVES.items():
        scene.service(name, "db_v1", labels={"swarmvault.wave": str(wave)})
    return scene, asked


def runs(scene: Scenario) -> dict[str, str]:
    """Return the version that each service refers to."""
    return {name: scene.names_in(name)["db"] for name in WAVES}


def take_back(scene: Scenario, run: Run) -> Run:
    """Take back what a run has left open, and nothing else."""
    asked = [
        SecretRequest(item.name, from_version=item.from_version) for item in run.told.unconfirmed
    ]
    return scene.rotate(*asked, state="rolled_back")


def test_each_run_moves_one_wave_and_the_one_with_nothing_left_confirms_and_retires() -> None:
    scene, asked = shop()
    scene.vault.put("shop/db", db="two")
    left = [(1, 2), (2,), ()]
    for number, name in enumerate(WAVES):
        planned = scene.rotate(asked, max_waves=1, keep_versions=1, check_mode=True).told
        run = scene.rotate(asked, max_waves=1, keep_versions=1).told
        assert not run.failed, run.message
        for told in (planned, run):
            assert (told.waves, told.waves_left) == ((WAVES[name],), left[number])
            assert [item.from_version for item in told.unconfirmed] == ["db_v2"]
            assert told.retired == ()
        states = {item.name: item.state for item in run.services}
        assert states.pop(name) == "converged"
        assert set(states.values()) <= {"waiting"}
        assert {item.name for item in run.services} == {item.name for item in planned.services}
        assert list(runs(scene).values()).count("db_v2") == number + 1
        assert scene.status("db_v2") == "pending"
    for service in WAVES:  # what they might be rolled back to by hand is kept
        scene.relabel(service, touched="yes")

    last = scene.rotate(asked, max_waves=1, keep_versions=1).told

    assert (last.waves, last.waves_left, last.unconfirmed) == ((), (), ())
    assert last.retired == ("db_v1",)
    assert scene.status("db_v2") == "active"
    assert not scene.rotate(asked, max_waves=1).told.changed


def test_a_wave_that_is_left_is_told_in_words_of_its_own() -> None:
    scene, asked = shop()
    scene.vault.put("shop/db", db="two")
    told = scene.rotate(asked, max_waves=2).told
    (waiting,) = [item for item in told.services if item.state == "waiting"]
    assert (waiting.name, waiting.action) == ("api", "skipped")
    assert waiting.reason.startswith("its wave, 2, is left to a later run: ")
    assert told.message == ("Secrets: 1 rotated; 2 services updated; left to a later run: wave 2.")


def test_after_any_wave_everything_can_be_taken_back() -> None:
    for moved in (1, 2, 3):
        scene, asked = shop()
        scene.vault.put("shop/db", db="two")
        for _wave in range(moved):
            run = scene.rotate(asked, max_waves=1, keep_versions=1)

        back = take_back(scene, run)

        assert [item.action for item in back.told.secrets] == ["rolled_back"]
        assert runs(scene) == dict.fromkeys(WAVES, "db_v1")
        assert scene.status("db_v2") == "quarantined"
        assert not scene.rotate(asked, max_waves=1).told.changed


def test_no_lease_ends_while_there_is_a_way_back_to_it() -> None:
    scene, asked = shop(leased=True)
    (old,) = scene.vault.live_leases()
    scene.clock.sleep(900.0)
    for _wave in WAVES:
        run = scene.rotate(asked, max_waves=1)
        assert run.told.revoked == ()
    assert old in scene.vault.live_leases()

    last = scene.rotate(asked, max_waves=1)

    assert last.told.revoked == ("db_v1",)
    assert len(scene.vault.live_leases()) == 1


def test_the_only_wave_may_be_the_last_and_ends_no_lease_either() -> None:
    scene, asked = shop(leased=True)
    for name in WAVES:
        scene.relabel(name, **{"swarmvault.wave": "0"})
    scene.clock.sleep(900.0)

    moved = scene.rotate(asked, max_waves=1)

    assert set(runs(scene).values()) == {"db_v2"}
    assert moved.told.revoked == ()
    assert len(scene.vault.live_leases()) == 2
    assert scene.rotate(asked, max_waves=1).told.revoked == ("db_v1",)


def test_a_version_that_failed_and_went_back_is_not_taken_back_once_more() -> None:
    scene, asked = shop()
    scene.vault.put("shop/db", db="two")
    scene.rotate(asked)
    scene.vault.put("shop/db", db="bad")
    scene.behaviour.rejects("canary", b"bad")
    failed = scene.rotate(asked, max_waves=1)
    assert failed.told.failed
    assert [item.from_version for item in failed.told.unconfirmed] == ["db_v3"]

    back = take_back(scene, failed)

    assert not back.told.changed
    (told,) = back.told.secrets
    assert told.reason == "db_v2 stays: services have been left at it already, not at db_v3"
    assert runs(scene) == dict.fromkeys(WAVES, "db_v2")


def test_what_failed_in_a_later_wave_is_taken_back_from_those_that_ran_it_well() -> None:
    scene, asked = shop()
    scene.vault.put("shop/db", db="bad")
    scene.behaviour.rejects("web", b"bad")
    scene.rotate(asked, max_waves=1)
    failed = scene.rotate(asked, max_waves=1)
    assert failed.told.failed
    assert runs(scene) == {"canary": "db_v2", "web": "db_v1", "api": "db_v1"}

    take_back(scene, failed)

    assert runs(scene) == dict.fromkeys(WAVES, "db_v1")


def test_what_only_came_back_after_drift_is_nobodys_to_take_back() -> None:
    scene, asked = shop()
    scene.vault.put("shop/db", db="two")
    scene.rotate(asked)
    scene.refer("web", "db", "db_v1")
    run = scene.rotate(asked, max_waves=1).told
    assert (run.waves, run.unconfirmed) == ((1,), ())
    assert scene.names_in("web") == {"db": "db_v2"}


def test_only_what_has_a_version_before_is_offered_to_be_taken_back() -> None:
    scene = Scenario()
    for name in ("db", "other"):
        scene.vault.put(f"shop/{name}", **{name: "one"})
    scene.secret("db", "by hand")
    scene.secret("other_v0", "by hand")
    scene.service("web", "db", "other_v0", targets={"other_v0": "other"})
    asked = [scene.request(name, f"shop/{name}") for name in ("db", "other")]

    told = scene.rotate(*asked, max_waves=1).told

    assert [item.action for item in told.secrets] == ["adopted", "created"]
    assert [item.from_version for item in told.unconfirmed] == ["db_v1"]
