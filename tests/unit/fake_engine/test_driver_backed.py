# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions that a secret driver serves live as those that are stored do: the same stories, told of
both, and what only a driver brings with it."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from tests.fake_engine import faults
from tests.fake_engine.product import InputError, SecretRequest, SecretValue, VaultSource
from tests.fake_engine.scenario import DRIVER, Run, Scenario

BOTH = pytest.mark.parametrize("driver", ["", DRIVER], ids=["stored", "driver-backed"])

STACK_LABELS = {"vault_path": "shop", "vault_field": "pw"}


class Story:
    """A password in Vault, and two services on it.

    :param driver: who serves it; empty: nobody, it is stored.
    """

    def __init__(self, driver: str) -> None:
        self.driver = driver
        self.scenario = Scenario()
        self.put("first")
        self.rotate()
        for name in ("api", "web"):
            self.scenario.service(name, "pw_v1", replicas=2)
        self.rotate()

    def put(self, value: str) -> None:
        self.scenario.vault.put("shop", pw=value)

    def request(self, **more: t.Any) -> SecretRequest:
        request = self.scenario.request("pw", "shop", driver=self.driver)
        return dataclasses.replace(request, **more)

    def rotate(self, **options: t.Any) -> Run:
        """Run, and be quiet after that."""
        run = self.scenario.rotate(self.request(), **options)
        assert run.error is None
        return run

    def runs(self) -> set[str]:
        """Return what the tasks of both services were given last."""
        return {
            value for name in ("api", "web") for value in self.scenario.values_in(name).values()
        }

    def driver_of(self, name: str) -> str | None:
        secret = self.scenario.store.secret_named(name)
        assert secret is not None
        return (secret.spec.get("Driver") or {}).get("Name")


@BOTH
def test_a_new_value_comes_to_every_service_and_old_versions_go(driver: str) -> None:
    story = Story(driver)
    for value in ("second", "third", "fourth"):
        story.put(value)
        assert story.rotate().action_on("pw") == "rotated"
        assert story.runs() == {value}
    assert story.scenario.secret_names() == ["pw_v3", "pw_v4"]
    assert {story.driver_of(name) for name in ("pw_v3", "pw_v4")} == {driver or None}
    assert story.scenario.labels("pw_v4")["swarmvault.source_version"] == "4"
    assert story.rotate().writes == []


@BOTH
def test_a_value_that_fails_is_taken_back_and_not_tried_again(driver: str) -> None:
    story = Story(driver)
    story.scenario.behaviour.rejects("web", b"wrong")
    story.put("wrong")
    run = story.rotate()
    assert run.told.failed
    assert run.state_of("web") == "rolled_back"
    assert story.scenario.names_in("web") == {"pw": "pw_v1"}
    assert story.scenario.status("pw_v2") == "quarantined"
    again = story.rotate()
    assert again.action_on("pw") == "quarantined"
    assert again.writes == []
    story.put("right")
    assert story.rotate().action_on("pw") == "rotated"
    assert story.runs() == {"right"}


@BOTH
def test_going_back_on_demand_is_a_state(driver: str) -> None:
    story = Story(driver)
    story.put("second")
    story.rotate()
    back = story.rotate(state="rolled_back")
    assert back.action_on("pw") == "rolled_back"
    assert story.runs() == {"first"}
    assert story.rotate(state="rolled_back").writes == []
    assert story.rotate().action_on("pw") == "quarantined"
    story.put("third")
    story.rotate()
    assert story.runs() == {"third"}


@BOTH
def test_drift_is_repaired(driver: str) -> None:
    story = Story(driver)
    story.put("second")
    story.rotate()
    story.scenario.refer("web", "pw", "pw_v1")
    story.scenario.engine.settle()
    story.rotate()
    assert story.runs() == {"second"}
    assert story.rotate().writes == []


@BOTH
def test_what_somebody_else_made_is_adopted_and_stays(driver: str) -> None:
    scenario = Scenario()
    scenario.vault.put("shop", pw="kept")
    if driver:
        scenario.driver_secret("pw_v7", **STACK_LABELS)
    else:
        scenario.secret("pw_v7", "kept")
    scenario.service("web", "pw_v7", targets={"pw_v7": "pw"})
    request = scenario.request("pw", "shop", driver=driver, adopt=("pw_v7",))
    run = scenario.rotate(request)
    assert run.action_on("pw") == "adopted"
    assert scenario.names_in("web") == {"pw": "pw_v8"}
    assert scenario.secret_names() == ["pw_v7", "pw_v8"]
    assert scenario.rotate(scenario.request("pw", "shop", driver=driver)).writes == []


@BOTH
def test_a_run_that_was_killed_after_creating_is_finished_by_the_next(driver: str) -> None:
    story = Story(driver)
    story.put("second")
    start = story.scenario.start(story.request())
    start.transport.on("POST /services", faults.kill_before)
    assert start.run().killed
    assert story.scenario.status("pw_v2") == "pending"
    story.rotate()
    assert story.scenario.secret_names() == ["pw_v1", "pw_v2"]
    assert story.scenario.status("pw_v2") == "active"
    assert story.runs() == {"second"}


@BOTH
def test_check_mode_tells_what_the_run_does(driver: str) -> None:
    story = Story(driver)
    story.put("second")
    planned = story.rotate(check_mode=True).told
    done = story.rotate().told
    told = [(one.name, one.action, one.current) for one in planned.secrets]
    assert told == [(one.name, one.action, one.current) for one in done.secrets]
    assert planned.diff() == done.diff() | {"before": planned.before}
    assert (f"(driver {DRIVER})" in planned.after) == bool(driver)


@BOTH
def test_all_versions_go_when_nobody_uses_them(driver: str) -> None:
    story = Story(driver)
    assert story.scenario.rotate(story.request(), state="absent").error is not None
    for name in ("api", "web"):
        story.scenario.remove(name)
    story.rotate(state="absent")
    assert story.scenario.secret_names() == []


# -- what only a driver brings with it ------------------------------------------------------------


@pytest.mark.parametrize("there", [True, False], ids=["to the driver", "and back"])
def test_one_run_moves_a_secret_between_the_two(there: bool) -> None:
    story = Story("" if there else DRIVER)
    story.driver = DRIVER if there else ""
    planned = story.rotate(check_mode=True).told
    run = story.rotate()
    assert [one.action for one in planned.secrets] == ["rotated"] == [run.action_on("pw")]
    reason = run.told.secrets[0].reason
    assert reason == planned.secrets[0].reason
    assert DRIVER in reason
    assert "stored in the Swarm" in reason
    assert story.driver_of("pw_v2") == (DRIVER if there else None)
    assert story.scenario.names_in("web") == {"pw": "pw_v2"}
    assert story.runs() == {"first"}
    assert story.rotate().writes == []
    # The way back leads to what it was before, payload and all.
    story.rotate(state="rolled_back")
    assert story.scenario.names_in("web") == {"pw": "pw_v1"}
    assert story.rotate().action_on("pw") == "quarantined"
    assert story.scenario.names_in("web") == {"pw": "pw_v1"}


def test_nothing_of_the_value_comes_to_the_run_or_to_the_swarm() -> None:
    scenario = Scenario()
    scenario.vault.put("shop", pw="canary")
    reader = scenario.vault.reader()
    scenario.vault.reader = lambda: reader  # type: ignore[method-assign]  # to look at it after
    scenario.rotate(scenario.request("pw", "shop", driver=DRIVER))
    assert reader.reads == []
    labels = scenario.labels("pw_v1")
    assert "swarmvault.fingerprint" not in labels
    of_this_moment = ("swarmvault.source_time", "swarmvault.group")
    assert {key: value for key, value in labels.items() if key not in of_this_moment} == {
        "vault_path": "shop",
        "vault_field": "pw",
        "vault_mount": "secret",
        "vault_version": "1",
        "swarmvault.follows": "current",
        "swarmvault.name": "pw",
        "swarmvault.source_version": "1",
        "swarmvault.status": "active",
        "swarmvault.version": "1",
    }


def test_who_serves_it_stays_as_it_is_where_the_entry_does_not_say() -> None:
    story = Story(DRIVER)
    story.put("second")
    run = story.scenario.rotate(story.request(driver=None))
    assert run.action_on("pw") == "rotated"
    assert story.driver_of("pw_v2") == DRIVER
    assert story.scenario.rotate(story.request(driver=None, source=None)).writes == []
    story.put("third")
    found = story.scenario.rotate(discover=True)
    assert found.action_on("pw") == "rotated"
    assert story.driver_of("pw_v3") == DRIVER


def test_the_only_half_that_moves_goes_back_alone() -> None:
    scenario = Scenario()
    scenario.vault.put("shop", user="u1", pw="p1")
    user, password = (scenario.request(name, "shop") for name in ("user", "pw"))
    scenario.rotate(user, password)
    scenario.service("web", "user_v1", "pw_v1")
    scenario.rotate(user, password)
    scenario.rotate(user, scenario.request("pw", "shop", driver=DRIVER))
    assert scenario.names_in("web") == {"pw": "pw_v2", "user": "user_v1"}
    back = scenario.rotate(SecretRequest("pw"), state="rolled_back")
    assert back.error is None
    assert scenario.names_in("web") == {"pw": "pw_v1", "user": "user_v1"}


def test_a_group_of_both_kinds_stays_together() -> None:
    scenario = Scenario()
    scenario.vault.put("shop", user="u1", pw="p1")
    requests = (
        scenario.request("user", "shop"),
        scenario.request("pw", "shop", driver=DRIVER),
    )
    scenario.rotate(*requests)
    scenario.service("web", "user_v1", "pw_v1")
    scenario.behaviour.rejects("web", b"p2")
    scenario.vault.put("shop", user="u2", pw="p2")
    scenario.rotate(*requests)
    assert scenario.names_in("web") == {"pw": "pw_v1", "user": "user_v1"}
    assert {scenario.status(name) for name in ("pw_v2", "user_v2")} == {"quarantined"}


@pytest.mark.case("S7")
def test_the_same_bad_value_again_cannot_be_told_without_reading_it() -> None:
    story = Story(DRIVER)
    story.scenario.behaviour.rejects("web", b"wrong")
    for _time in range(2):
        story.put("wrong")
        assert story.rotate().told.failed
    assert story.scenario.status("pw_v3") == "quarantined"
    assert story.scenario.names_in("web") == {"pw": "pw_v1"}


def test_a_driver_that_is_not_there_moves_nothing() -> None:
    story = Story("")
    run = story.scenario.rotate(story.request(driver="nobody"))
    assert run.told.failed
    assert 'plugin "nobody" not found' in run.told.message
    assert "Install the plugin on every manager" in run.told.message
    assert story.scenario.secret_names() == ["pw_v1"]
    assert story.rotate().writes == []


def test_a_driver_that_does_not_answer_is_no_verdict_on_the_value() -> None:
    story = Story(DRIVER)
    story.put("second")
    serve = story.scenario.store.drivers[DRIVER]
    story.scenario.store.drivers[DRIVER] = lambda labels: (
        serve(labels) if labels["vault_version"] == "1" else None
    )
    run = story.rotate(wait_timeout=30.0)
    assert "unplaceable" in {item.state for item in run.told.services}
    assert story.scenario.status("pw_v2") == "pending"
    assert story.runs() == {"first"}
    story.scenario.store.drivers[DRIVER] = serve
    story.rotate()
    assert story.runs() == {"second"}


def test_labels_that_the_driver_reads_make_a_new_version() -> None:
    story = Story(DRIVER)
    run = story.scenario.rotate(story.request(labels={"owner": "shop"}))
    assert run.action_on("pw") == "recorded"
    run = story.scenario.rotate(story.request(labels={"vault_wrap": "30s"}))
    assert run.action_on("pw") == "rotated"
    assert "vault_wrap" in run.told.secrets[0].reason
    assert "vault_wrap" not in story.scenario.labels("pw_v1")
    story.put("second")
    story.rotate()
    assert story.scenario.labels("pw_v3")["vault_wrap"] == "30s"
    assert story.scenario.labels("pw_v3")["owner"] == "shop"
    story.driver = ""
    story.rotate()
    assert "vault_wrap" not in story.scenario.labels("pw_v4")


def test_what_failed_by_other_labels_of_the_driver_may_be_tried_again() -> None:
    story = Story(DRIVER)
    # The fake serves no tokens: what matters is that a task failed.
    story.scenario.behaviour.rejects("web", b"second")
    story.put("second")
    assert story.rotate().told.failed
    assert story.rotate().action_on("pw") == "quarantined"
    story.scenario.behaviour.rules.clear()
    run = story.scenario.rotate(story.request(labels={"vault_wrap": "30s"}))
    assert run.action_on("pw") == "rotated"
    assert story.runs() == {"second"}


def test_a_pin_of_the_users_stays() -> None:
    story = Story(DRIVER)
    story.put("second")
    pinned = story.request(source=VaultSource("shop", "pw", version=1))
    run = story.scenario.rotate(pinned)
    assert run.action_on("pw") == "recorded"
    assert "swarmvault.follows" not in story.scenario.labels("pw_v1")
    assert story.scenario.rotate(pinned).writes == []
    assert story.scenario.rotate(discover=True).writes == []
    assert story.runs() == {"first"}


def test_a_pin_that_somebody_changed_is_put_right() -> None:
    story = Story(DRIVER)
    story.put("second")
    secret = story.scenario.store.secret_named("pw_v1")
    assert secret is not None
    story.rotate()
    story.put("third")
    changed = story.scenario.store.secret_named("pw_v2")
    assert changed is not None
    changed.labels["vault_version"] = "3"
    assert story.rotate().action_on("pw") == "rotated"
    assert story.scenario.labels("pw_v3")["vault_version"] == "3"


def test_a_stack_files_secret_is_discovered_and_stays_with_its_driver() -> None:
    scenario = Scenario()
    scenario.vault.put("shop", pw="one")
    scenario.driver_secret(
        "pw", vault_path="secret/data/shop", vault_field="pw", vault_reuse="true", openbao_path="x"
    )
    scenario.service("web", "pw", targets={"pw": "pw"})
    run = scenario.rotate(discover=True)
    assert run.action_on("pw") == "adopted"
    assert scenario.names_in("web") == {"pw": "pw_v1"}
    labels = scenario.labels("pw_v1")
    assert labels["vault_path"] == "shop"
    assert labels["vault_reuse"] == "true"
    assert "openbao_path" not in labels
    assert scenario.values_in("web") == {"pw": "one"}
    scenario.vault.put("shop", pw="two")
    assert scenario.rotate(discover=True).action_on("pw") == "rotated"
    assert scenario.values_in("web") == {"pw": "two"}
    made = [one.spec for one in scenario.store.secrets.values()]
    assert all(spec["Driver"] == {"Name": DRIVER} for spec in made)


@pytest.mark.parametrize(
    ("labels", "because"),
    [
        ({"vault_type": "vault_token"}, "makes a vault_token for each task"),
        ({"vault_connection": "other"}, "names the Vault 'other'"),
        ({"vault_engine": "kv1"}, "unless discover_paths lists it"),
    ],
)
def test_what_has_no_versions_is_left_to_its_driver(labels: dict[str, str], because: str) -> None:
    scenario = Scenario()
    scenario.vault.put("shop", pw="one")
    scenario.driver_secret("pw", **STACK_LABELS, **labels)
    run = scenario.rotate(discover=True)
    assert run.writes == []
    (warning,) = run.told.warnings
    assert because in warning


def test_the_plugins_own_format_goes_on() -> None:
    scenario = Scenario()
    scenario.vault.put("shop", pw="one")
    scenario.driver_secret("pw", **STACK_LABELS, vault_format="meta+json")
    assert scenario.rotate(discover=True).action_on("pw") == "adopted"
    assert scenario.labels("pw_v1")["vault_format"] == "meta+json"
    assert scenario.rotate(discover=True).writes == []


def test_labels_reach_no_further_with_a_driver() -> None:
    scenario = Scenario()
    scenario.vault.put("pay/db", pw="theirs")
    scenario.driver_secret("pw", vault_path="secret/data/pay/db", vault_field="pw")
    run = scenario.rotate(discover=True, discover_paths=("secret/secret/**", "secret/shop/*"))
    assert run.writes == []
    assert "lacks secret/pay/db" in run.told.warnings[0]


@pytest.mark.case("N9")
def test_a_listed_secret_of_a_driver_has_to_say_which_way() -> None:
    scenario = Scenario()
    scenario.vault.put("shop", pw="one")
    scenario.driver_secret("pw", **STACK_LABELS)
    refused = scenario.rotate(scenario.request("pw", "shop")).error
    assert isinstance(refused, InputError)
    assert "add adopt: [pw]" in str(refused)
    assert f"with driver: {DRIVER}" in str(refused)
    for driver, kept in ((DRIVER, DRIVER), ("", None)):
        run = scenario.rotate(scenario.request("pw", "shop", driver=driver))
        assert run.error is None
        newest = scenario.store.secret_named(str(run.told.secrets[0].current))
        assert newest is not None
        assert (newest.spec.get("Driver") or {}).get("Name") == kept


@pytest.mark.parametrize(
    ("request_", "because"),
    [
        (
            SecretRequest("pw", VaultSource("shop", "pw", engine="kv1"), driver=DRIVER),
            "goes with vault_engine kv2, not with kv1",
        ),
        (
            SecretRequest("pw", VaultSource("db/creds/shop", "pw", engine="read"), driver=DRIVER),
            "goes with vault_engine kv2, not with read",
        ),
        (SecretRequest("pw", VaultSource("shop"), driver=DRIVER), "vault_field is missing"),
    ],
)
def test_what_a_driver_cannot_serve_is_refused_before_anything_is_read(
    request_: SecretRequest, because: str
) -> None:
    scenario = Scenario()
    run = scenario.rotate(request_)
    assert isinstance(run.error, InputError)
    assert because in str(run.error)
    assert run.transport.calls == []


def test_data_cannot_be_served_by_a_driver_and_stops_no_other_secret() -> None:
    story = Story(DRIVER)
    data = SecretRequest("pw", data=SecretValue(b"given"))
    run = story.scenario.rotate(data, story.scenario.request("other", "shop", field="pw"))
    assert run.action_on("pw") == "failed"
    assert "driver: ''" in run.told.message
    assert run.action_on("other") == "created"
    assert story.runs() == {"first"}
    explicit = SecretRequest("pw", data=SecretValue(b"given"), driver="")
    assert story.scenario.rotate(explicit).action_on("pw") == "rotated"
    assert story.runs() == {"given"}


@BOTH
def test_two_runs_at_once_make_one_version(driver: str) -> None:
    story = Story(driver)
    story.put("second")
    start = story.scenario.start(story.request())
    start.transport.on("POST /secrets/create", faults.interfere(story.rotate))
    assert start.run().error is None
    assert story.scenario.secret_names() == ["pw_v1", "pw_v2"]
    assert story.runs() == {"second"}


@BOTH
def test_what_another_run_made_meanwhile_of_an_older_value_is_not_taken_over(driver: str) -> None:
    story = Story(driver)
    story.put("second")
    older = dataclasses.replace(
        story.request(), source=VaultSource("shop", "pw", version=1), labels={"vault_wrap": "1m"}
    )
    start = story.scenario.start(story.request())
    others = faults.interfere(lambda: story.scenario.rotate(older, force=True, wait=False))
    start.transport.on("POST /secrets/create", others)
    assert start.run().told.secrets[0].current == "pw_v3"
    story.rotate()
    assert story.scenario.labels("pw_v3")["swarmvault.source_version"] == "2"
    assert story.runs() == {"second"}


@pytest.mark.case("N2")
def test_placeholders_go_on_to_what_a_driver_serves() -> None:
    scenario = Scenario()
    scenario.vault.put("shop", pw="{{ .Service.Name }}")
    golang = {"Name": "golang"}
    body = {"Name": "pw", "Labels": {}, "Data": SecretValue(b"x"), "Templating": golang}
    scenario.people.call("POST", "/secrets/create", None, body)
    for driver in (DRIVER, "", DRIVER):
        run = scenario.rotate(scenario.request("pw", "shop", driver=driver))
        made = scenario.store.secret_named(str(run.told.secrets[0].current))
        assert made is not None
        assert made.spec["Templating"] == golang
        assert ("Driver" in made.spec) == bool(driver)
