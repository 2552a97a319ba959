# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders of events that the property test found, each in its shortest form and with a name."""

from __future__ import annotations

import pytest

from tests.fake_engine.shop import Shop


@pytest.fixture
def shop() -> Shop:
    """The shop, before any run."""
    return Shop()


def test_a_group_of_which_only_one_could_be_made_is_not_moved_to(shop: Shop) -> None:
    """The answer to the second creation says that it was not done."""
    shop.run()
    shop.put("db")
    shop.run(("call", 4, "unavailable"))
    shop.end_well()


def test_a_group_that_was_made_and_removed_again_counts_as_nothing(shop: Shop) -> None:
    shop.run()
    shop.put("db")
    shop.run(("call", 5, "refuse_connection"))
    shop.end_well()


def test_a_paused_service_that_somebody_deployed_meanwhile_ends_well(shop: Shop) -> None:
    shop.put("db", "web")
    shop.run(on_failure="continue")
    shop.end_well()


def test_a_value_that_no_task_could_start_with_is_not_rejected_by_the_next_run(shop: Shop) -> None:
    """Somebody broke the image just before the update; the engine cannot go back either."""
    shop.run()
    shop.put("api")
    shop.run(("call", 5, "break_image", "api"))
    shop.quiet()


def test_a_value_that_no_node_could_start_with_is_not_rejected_by_the_next_run(shop: Shop) -> None:
    shop.run(("call", 30, "kill_after"), parallel=1)
    shop.other("break_image", "agent")
    shop.run()
    shop.run()


def test_a_run_killed_between_two_promotions_leaves_the_group_together(shop: Shop) -> None:
    shop.run(("call", 20, "kill_after"))
    shop.put("api", "api")
    shop.run(("write", 5, "kill_before"), ("write", 1, "break_image", "web"))
    shop.run()
    shop.end_well()


def test_fields_of_one_path_of_which_one_changed_are_tried_together(shop: Shop) -> None:
    """With another suspect beside them, the consumer being on what came before."""
    shop.run(("write", 3, "kill_before"))
    shop.put("db", "web", only="db_pw")
    shop.quiet()


def test_a_value_that_only_one_of_its_consumers_rejects_is_not_blamed_on_another(
    shop: Shop,
) -> None:
    shop.put("db", "api")
    shop.other("break_image", "api")
    shop.run(exact=True)


def test_mending_the_bad_half_of_a_path_is_enough(shop: Shop) -> None:
    """The password was wrong, and is put right; the user stays the same."""
    shop.run()
    shop.put("db", "web")
    shop.run()
    shop.put("db", only="db_pw")
    shop.run()
    assert shop.scenario.values_in("web") == shop.scenario.vault.current("db")


def test_a_migration_that_runs_just_now_is_not_ended_and_run_again(shop: Shop) -> None:
    """Its earlier tasks ended well, so that it is known to be one that runs once."""
    shop.run()
    shop.scenario.deploy(
        "migrate", lambda spec: spec["UpdateConfig"].update(FailureAction="continue")
    )
    shop.wait(5.0)
    shop.scenario.release("migrate", "shop:2")
    shop.wait(0.4)
    assert [task.state.text for task in shop.scenario.tasks("migrate")] == ["complete", "running"]
    shop.put("db")
    shop.run()


def test_a_node_that_is_drained_during_an_update_is_no_verdict_on_the_value(shop: Shop) -> None:
    """The engine goes back: "failure or early termination of task", which the node had ended."""
    shop.run(
        ("write", 6, "redeploy_old", "api"),
        ("call", 10, "drain", "m2"),
        keep=1,
        on_failure="pause",
        parallel=1,
    )
    shop.end_well()


def test_what_goes_with_a_new_value_is_moved_along_where_somebody_put_it_back(shop: Shop) -> None:
    """Only the password changed; somebody deploys the user and password of the first day."""
    shop.run()
    shop.put("db", only="db_pw")
    shop.run(("write", 1, "redeploy_old", "web"))
    assert shop.scenario.values_in("web") == shop.scenario.vault.current("db")


def test_what_left_a_rejected_value_is_not_sent_back_to_it_again_and_again(shop: Shop) -> None:
    """One consumer cannot start with anything: its image is broken. Another one runs well."""
    shop.run(("write", 6, "break_image", "keys"))
    shop.other("back", "api")
    shop.run(on_failure="rollback_all")
    shop.quiet()
    assert shop.run(on_failure="rollback_all").is_quiet
    assert shop.scenario.names_in("agent") == {"api_key": "api_key"}
    assert shop.scenario.names_in("keys") == {"api_key": "api_key"}


def test_a_version_that_was_made_is_told_though_what_goes_with_it_was_not_noted(shop: Shop) -> None:
    """The labels of the user, which stays the same, are refused for a moment."""
    shop.run()
    shop.put("db", only="db_pw")
    assert shop.run(("write", 2, "unavailable")).told.changed


def test_beside_what_a_driver_serves_from_a_newer_version_a_value_is_tried_again(
    shop: Shop,
) -> None:
    """Whether the newer version holds the same, only the driver knows."""
    shop.put("db", "web", only="db_user")
    shop.move("db_pw")
    shop.quiet()
    shop.put_again("db")
    shop.run()
    shop.end_well()


def test_what_goes_with_a_value_that_failed_elsewhere_stays_with_the_one_before(shop: Shop) -> None:
    """Somebody took one consumer back to the first day; only the password is new, and bad."""
    shop.run(("call", 36, "back", "api"))
    shop.put("db", "web", only="db_pw")
    shop.run()
    shop.quiet()
    assert shop.scenario.names_in("api").items() >= shop.scenario.names_in("web").items()


def test_what_a_consumer_once_refused_is_tried_again_with_what_is_new_beside_it(shop: Shop) -> None:
    """It runs well elsewhere, and here its password was at fault, which is put right."""
    shop.run()
    shop.scenario.behaviour.rejects("web", shop.scenario.vault.current("db")["db_pw"].encode())
    shop.other("redeploy_old", "web")
    shop.run()
    assert shop.scenario.names_in("web") == {"db_pw": "db_pw", "db_user": "db_user"}
    shop.put("db", only="db_pw")
    shop.run()
    assert shop.scenario.values_in("web") == shop.scenario.vault.current("db")


def test_beside_what_a_way_back_leaves_alone_nothing_is_moved_by_itself(shop: Shop) -> None:
    """Only the user was changed, so only it goes back; one consumer is at neither any more."""
    shop.run()
    shop.put("db", only="db_user")
    shop.quiet()
    shop.other("redeploy_old", "web")
    shop.take_back("db")
    assert shop.scenario.names_in("api").items() >= {"db_user": "db_user_v1"}.items()
    assert shop.scenario.names_in("web") == {"db_pw": "db_pw", "db_user": "db_user"}
    shop.quiet()
    assert shop.scenario.names_in("web") == {"db_pw": "db_pw_v1", "db_user": "db_user_v1"}


@pytest.mark.parametrize("service", ["web", "api"])
def test_a_value_is_rejected_at_whichever_moment_its_task_fails(service: str) -> None:
    """Also between the two calls of one look: its tasks seem to run, the update is given up."""
    for call in range(1, 31):
        shop = Shop()
        shop.run()
        shop.put("db", service)
        told = shop.run(("call", call, "dawdle", "1"), parallel=1).told
        assert {one.name: one.state for one in told.services}[service] == "rolled_back", call


def test_a_value_is_rejected_at_whichever_moment_its_task_fails_after_a_killed_run() -> None:
    for call in range(1, 31):
        shop = Shop()
        shop.run()
        shop.put("db", "web")
        shop.run(("write", 4, "kill_after"))
        told = shop.run(("call", call, "dawdle", "1")).told
        assert {one.name: one.action for one in told.secrets}["db_pw"] == "quarantined", call


def test_who_went_back_only_to_stay_like_another_did_not_reject_the_value(shop: Shop) -> None:
    """The other one's image was broken meanwhile, which is not the value's fault."""
    shop.run()
    shop.other("break_image", "keys")
    shop.put("api")
    shop.run(on_failure="rollback_all", parallel=1)
    assert shop.scenario.values_in("agent") == shop.scenario.vault.current("api")
    shop.quiet()
    assert shop.scenario.status("api_key_v2") != "quarantined"
    assert shop.scenario.values_in("agent") == shop.scenario.vault.current("api")


def test_a_second_way_back_does_not_lead_to_what_the_first_one_left(shop: Shop) -> None:
    """For the engine that is what was before."""
    shop.run()
    shop.put("api", "keys")
    shop.run(on_failure="continue")
    shop.put("api", "keys")
    shop.run(("write", 7, "scale_down", "keys"), on_failure="rollback_all", parallel=1)
    shop.run(on_failure="rollback_all")
    shop.run(on_failure="rollback_all")
    shop.end_well()
