# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs do to a scripted engine, in the order in which a user has them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._plugin.model import State
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.plugin_socket import (
    PluginAnswer,
)

from tests.unit.plugins.module_utils._plugin.scripted import (
    ALIAS,
    REGISTRY,
    SOURCES,
    TRIAL,
    Engine,
    Host,
    config_json,
    write_archive,
)

FIRST = {
    "reference": f"{REGISTRY}:1",
    "settings": {"VAULT_ADDR": "https://vault", "LOG_LEVEL": "x"},
}
SECOND = {**FIRST, "reference": f"{REGISTRY}:2"}


def running(version: str, reference: str, **settings: str) -> dict[str, t.Any]:
    return {
        "enabled": True,
        "version": version,
        "reference": reference,
        "set": settings or {"VAULT_ADDR": "https://vault", "LOG_LEVEL": "x"},
        "mounted": SOURCES,
    }


ONE = running("1", f"{REGISTRY}:1")
TWO = running("2", f"{REGISTRY}:2")


def test_it_is_installed_and_a_second_run_changes_nothing(host: Host) -> None:
    first = host.run(**FIRST)
    assert (first.as_dict()["action"], first.as_dict()["changed"]) == ("installed", True)
    assert host.engine.state() == ONE
    host.engine.writes.clear()
    second = host.run(**FIRST)
    assert (second.as_dict()["action"], second.as_dict()["changed"]) == ("unchanged", False)
    assert second.as_dict()["before"] == second.as_dict()["plugin"]
    assert host.engine.writes == []


def test_check_mode_says_the_same_and_does_nothing(host: Host) -> None:
    def told(**options: t.Any) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        writes = len(host.engine.writes)
        planned = host.run(check_mode=True, **options).as_dict()
        assert len(host.engine.writes) == writes
        done = host.run(**options).as_dict()
        for one in (planned, done):
            if one["plugin"]:
                del one["plugin"]["id"]
        return planned, done

    changed = {**FIRST, "settings": {"VAULT_ADDR": "other", "VAULT_TOKEN": "hush"}}
    for options in (FIRST, changed, {**changed, "reference": f"{REGISTRY}:2"}):
        planned, done = told(**options)
        # The defaults of mounts are known once it is there.
        for name in ("credentials.source", "docker.source"):
            planned["plugin"]["settings"].pop(name, None)
            done["plugin"]["settings"].pop(name)
        assert planned == done
    planned, done = told(state=State.ABSENT)
    assert planned == done


def test_changed_settings_are_set_and_what_is_left_out_has_its_default(host: Host) -> None:
    host.run(**FIRST)
    host.run(**{**FIRST, "settings": {"VAULT_ADDR": "y", "credentials.source": "/etc/c"}})
    state = host.engine.state()
    assert state["set"] == {"VAULT_ADDR": "y"}
    assert state["mounted"] == {"credentials": "/etc/c", "docker": "/dev/null"}
    report = host.run(**FIRST)
    assert report.as_dict()["action"] == "reconfigured"
    assert host.engine.state() == ONE
    assert TRIAL not in host.engine.plugins


def test_it_is_upgraded_and_downgraded_with_its_mounts(host: Host) -> None:
    settings = {**FIRST["settings"], "credentials.source": "/etc/c"}  # type: ignore[dict-item]  # FIRST is a mapping of many kinds
    host.run(**{**FIRST, "settings": settings})
    for tag in ("2", "1"):
        report = host.run(reference=f"{REGISTRY}:{tag}", settings=settings)
        assert report.as_dict()["action"] == "upgraded"
        state = host.engine.state()
        assert (state["enabled"], state["version"]) == (True, tag)
        assert state["mounted"]["credentials"] == "/etc/c"
    assert list(host.engine.plugins) == [ALIAS]


def test_what_a_setting_may_tell_is_not_told(host: Host) -> None:
    settings = {"VAULT_TOKEN": "hush", "VAULT_ADDR": "https://user:hush@vault"}
    report = host.run(**{**FIRST, "settings": settings})
    again = host.run(**{**FIRST, "settings": {"VAULT_TOKEN": "hush2"}})
    assert "hush" not in repr((report.as_dict(), report.diff(), again.as_dict(), again.diff()))
    assert "VAULT_TOKEN: (hidden), changed" in again.diff()["after"]


def test_a_disabled_one_is_enabled(host: Host) -> None:
    host.run(**FIRST)
    host.engine.plugins[ALIAS]["Enabled"] = False
    assert host.run(**FIRST).as_dict()["action"] == "enabled"
    assert host.engine.state() == ONE


def test_the_tag_of_the_architecture_comes_first(host: Host) -> None:
    host.engine.registry[f"{REGISTRY}:1-amd64"] = config_json(version="of amd64")
    host.engine.lists.add(f"{REGISTRY}:1")
    host.run(**FIRST)
    assert host.engine.state()["version"] == "of amd64"
    assert host.run(**FIRST).as_dict()["action"] == "unchanged"


def test_it_is_installed_from_archives_and_keeps_them(host: Host, tmp_path: Path) -> None:
    file = write_archive(tmp_path / "p.tar", "1")
    settings = {"VAULT_ADDR": "https://vault"}
    told = [host.run(archive=str(file), settings=settings).as_dict() for _time in range(2)]
    assert [one["action"] for one in told] == ["installed", "unchanged"]
    archive = told[1]["plugin"]["archive"]
    write_archive(file, "2")
    assert host.run(archive=str(file), settings=settings).as_dict()["action"] == "upgraded"
    assert host.engine.state()["version"] == "2"
    assert len(list((tmp_path / "kept").iterdir())) == 2
    write_archive(file, "broken")
    failed = host.run(archive=str(file), settings=settings)
    assert (failed.failed, failed.as_dict()["restored"]) == (True, True)
    assert host.engine.state()["version"] == "2"
    write_archive(file, "1")
    assert host.run(archive=str(file), settings=settings).as_dict()["plugin"]["archive"] == archive
    assert host.run(**FIRST).as_dict()["action"] == "upgraded"
    assert host.engine.state() == ONE
    host.run(state=State.ABSENT)
    assert not (tmp_path / "kept").exists()


# -- what does not work ---------------------------------------------------------------------------


def test_a_first_version_that_does_not_work_is_not_left_there(host: Host) -> None:
    with pytest.raises(errors.DockerError, match="no such file"):
        host.run(**{**FIRST, "reference": f"{REGISTRY}:bad"})
    assert host.engine.plugins == {}


def test_settings_that_do_not_work_on_the_trial_leave_the_running_one_alone(host: Host) -> None:
    host.run(**FIRST)
    identity = host.engine.plugins[ALIAS]["Id"]
    for reference in ("1", "2"):
        with pytest.raises(
            errors.DockerError, match=r"was not touched: tried under the name .*-trial"
        ):
            host.run(reference=f"{REGISTRY}:{reference}", settings={"VAULT_DEADLINE": "bogus"})
        assert host.engine.state() == ONE
        assert host.engine.plugins.keys() == {ALIAS}
        assert host.engine.plugins[ALIAS]["Id"] == identity


@pytest.mark.parametrize("leaves_rests", [False, True])
@pytest.mark.parametrize(
    "wanted",
    [
        {**FIRST, "settings": {"METRICS_LISTEN": "taken"}},
        {**SECOND, "settings": {"METRICS_LISTEN": "taken"}},
        {**FIRST, "reference": f"{REGISTRY}:bad"},
    ],
    ids=["settings", "settings of a new version", "version"],
)
def test_what_does_not_work_in_its_place_is_taken_back(
    host: Host, wanted: dict[str, t.Any], *, leaves_rests: bool
) -> None:
    host.run(**FIRST)
    host.engine.leaves_rests = leaves_rests
    report = host.run(**wanted)
    assert (report.failed, report.as_dict()["restored"]) == (True, True)
    assert "runs again" in report.message
    assert host.engine.state() == ONE
    assert host.engine.plugins.keys() == {ALIAS}


def test_one_that_does_not_answer_is_taken_back(host: Host) -> None:
    host.run(**FIRST)
    host.answer = PluginAnswer(answers=False, problem="silence")
    with pytest.raises(errors.DockerError, match=r"was not touched.*does not answer within 60 s"):
        host.run(**SECOND)
    assert host.engine.state() == ONE


def test_it_is_given_time_to_find_out_whether_it_can_log_in(host: Host) -> None:
    starting = PluginAnswer(answers=True, is_starting=True)
    host.answers = [starting, starting, PluginAnswer(answers=True, problem="Vault eu: no role_id")]
    assert "no role_id" in " ".join(host.run(**FIRST).warnings)


def test_a_trial_is_not_waited_for_to_log_in(host: Host) -> None:
    host.run(**FIRST)
    starting = PluginAnswer(answers=True, is_starting=True)
    host.answers = [starting, PluginAnswer(answers=True, problem="Vault eu: no role_id")]
    assert "no role_id" in " ".join(host.run(**SECOND).warnings)


def test_one_that_does_not_find_out_in_time_is_taken_as_it_is(host: Host) -> None:
    host.answer = PluginAnswer(answers=True, is_starting=True)
    report = host.run(**FIRST)
    assert (report.failed, report.warnings) == (False, ())
    assert host.engine.plugins.keys() == {ALIAS}


def test_where_the_way_back_fails_too_the_error_says_so_and_the_next_run_mends_it(
    host: Host,
) -> None:
    host.run(**FIRST)
    host.engine.leaves_rests = True
    wanted = {**FIRST, "reference": f"{REGISTRY}:bad"}
    gone = host.engine.registry.pop(f"{REGISTRY}:1")
    with pytest.raises(errors.InputError, match="cannot be had again"):
        host.run(**wanted)
    assert host.engine.state() == ONE
    report = host.run(**wanted, force=True)
    assert (report.failed, report.as_dict()["restored"]) == (True, False)
    assert "could not be brought back" in report.message
    host.engine.registry[f"{REGISTRY}:1"] = gone
    assert not host.run(**FIRST).failed
    assert host.engine.state() == ONE


# -- what is refused ------------------------------------------------------------------------------


def refused(host: Host, match: str, **options: t.Any) -> None:
    before = dict(host.engine.plugins)
    host.engine.writes.clear()
    with pytest.raises(errors.SwarmVaultError, match=match):
        host.run(**options)
    assert host.engine.writes == []
    assert host.engine.plugins == before


@pytest.mark.parametrize(
    ("swarm", "problem"),
    [
        ({"LocalNodeState": "inactive"}, "not part of a swarm"),
        ({"LocalNodeState": "active", "ControlAvailable": False}, "a worker of the swarm"),
    ],
)
def test_only_a_manager_gets_it_and_others_may_lose_it(
    host: Host, swarm: dict[str, t.Any], problem: str
) -> None:
    host.run(**FIRST)
    host.engine.swarm = swarm
    refused(host, problem, **FIRST)
    assert host.run(state=State.ABSENT).as_dict()["action"] == "removed"


def test_it_is_not_removed_where_nobody_can_tell_who_uses_it(host: Host) -> None:
    host.run(**FIRST)
    host.engine.swarm = {"LocalNodeState": "locked"}
    refused(host, "who uses it", state=State.ABSENT)


def test_an_old_engine_is_refused(host: Host) -> None:
    host.engine.api = "1.40"
    refused(host, "too old for the plugin", **FIRST)


def test_settings_that_are_not_declared_are_refused(host: Host, tmp_path: Path) -> None:
    file = write_archive(tmp_path / "p.tar", "1")
    settings = {"AWS_REGION": "hush", "VAULT_ADDR": "x"}
    refused(
        host, r"does not declare the settings AWS_REGION\.", archive=str(file), settings=settings
    )
    host.run(**FIRST)
    refused(host, r"AWS_REGION\.", **{**FIRST, "settings": settings})
    # Here only the trial tells.
    with pytest.raises(errors.InputError, match=r"AWS_REGION\.") as told:
        host.run(**{**SECOND, "settings": settings})
    assert "hush" not in str(told.value)
    assert host.engine.state() == ONE
    host.run(state=State.ABSENT)
    with pytest.raises(errors.InputError, match=r"AWS_REGION\."):
        host.run(**{**FIRST, "settings": settings})
    assert host.engine.plugins == {}


def test_what_the_registry_has_not_or_cannot_be_is_refused(host: Host) -> None:
    refused(host, r"The registry has no plugin .*:9", reference=f"{REGISTRY}:9")
    host.engine.lists.add(f"{REGISTRY}:1")
    refused(host, "is a manifest list", **FIRST)


def test_a_file_that_is_no_archive_is_refused(host: Host, tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_text("no tar")
    refused(host, "is no archive of a plugin", archive=str(tmp_path / "no.tar"))
    refused(host, "cannot be read", archive=str(tmp_path / "none.tar"))


def test_one_of_which_nothing_is_known_is_replaced_by_force_only(host: Host) -> None:
    host.engine._add(ALIAS, config_json(version="by hand"), ALIAS)
    host.engine.plugins[ALIAS]["Enabled"] = True
    refused(host, "nothing tells what", **FIRST)
    assert host.run(**FIRST, force=True).as_dict()["action"] == "upgraded"
    assert host.engine.state() == ONE


def test_it_is_not_removed_while_secrets_use_it(host: Host) -> None:
    host.run(**FIRST)
    engine: Engine = host.engine
    for number, driver in enumerate(("vault-secrets-plugin", ALIAS, "another:latest")):
        spec = {"Name": f"s{number}", "Driver": {"Name": driver}}
        engine.secrets.append({"ID": f"i{number}", "Spec": spec})
    reference = {"SecretID": "i1", "SecretName": "s1"}
    template = {"TaskTemplate": {"ContainerSpec": {"Secrets": [reference]}}}
    engine.services.append({"ID": "x", "Spec": {"Name": "web", **template}})
    refused(host, r"s0 \(used by no service\); s1 \(used by web\)\.", state=State.ABSENT)
    engine.secrets[:] = engine.secrets[2:]
    assert host.run(state=State.ABSENT).as_dict()["action"] == "removed"
    assert host.run(state=State.ABSENT).as_dict()["changed"] is False
