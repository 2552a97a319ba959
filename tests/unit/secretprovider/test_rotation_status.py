# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log tells of rotations: a line for each secret and service touched, and none twice."""

from __future__ import annotations

import typing as t

from swarmvault_core._common.errors import InputError
from swarmvault_core._rotation.report import Report, SecretReport, ServiceReport
from swarmvault_core._vault.options import NO_RETRIES, VaultOptions
from swarmvault_core._vault.source import SourceVersion, VaultSource
from swarmvault_secretprovider.rotation_reader import LazyReader
from swarmvault_secretprovider.rotation_status import StatusKeeper, Teller

from tests.unit.secretprovider.rotation_support import Lines, connection


def secret(name: str, action: str, reason: str = "why") -> SecretReport:
    return SecretReport(name, action, f"{name}_v2", f"{name}_v1", 2, reason)


def service(name: str, action: str, state: str, *secrets: str, reason: str = "") -> ServiceReport:
    return ServiceReport(name, action, state, 1.25, secrets, reason)


def report(*things: SecretReport | ServiceReport, **more: t.Any) -> Report:
    return Report(
        changed=more.pop("changed", True),
        secrets=tuple(one for one in things if isinstance(one, SecretReport)),
        services=tuple(one for one in things if isinstance(one, ServiceReport)),
        retired=tuple(more.pop("retired", ())),
        **more,
    )


def told(*reports: Report) -> Lines:
    log = Lines()
    teller = Teller(log)
    for one in reports:
        teller.tell("default", one, 2.0)
    return log


def test_a_search_for_a_service_finds_what_was_done_to_it_and_why() -> None:
    log = told(
        report(
            secret("db", "rotated", "new value in source version 2"),
            secret("api", "unchanged"),
            service("shop_web", "updated", "converged", "db"),
            service("shop_job", "skipped", "skipped", "db", reason="it is a job"),
            service("shop_api", "updated", "rolled_back", "db", reason="a task failed"),
            retired=["db_v0"],
            message="Secrets: 1 rotated",
        )
    )
    by_service = {
        fields["service"]: (level, fields)
        for level, _event, fields in log.lines
        if "service" in fields
    }
    assert by_service["shop_web"] == (
        "info",
        {
            "service": "shop_web",
            "secret": "db",
            "outcome": "converged",
            "reason": "",
            "duration": 1.2,
        },
    )
    level, fields = by_service["shop_api"]
    assert (level, fields["outcome"], fields["reason"]) == (
        "warning",
        "rolled_back",
        "a task failed",
    )
    assert by_service["shop_job"][1]["reason"] == "it is a job"
    secrets = [
        fields["secret"] for _level, event, fields in log.lines if "rotation: secret" in event
    ]
    assert secrets == ["db"], "what is unchanged is not worth a line"
    assert "rotation: version removed" in log.events()


def test_what_stays_as_it_was_is_told_once_and_again_when_it_comes_back() -> None:
    trouble = report(
        secret("db", "kept", "Vault is sealed"),
        service("shop_web", "skipped", "held", "api", reason="its last update is paused"),
        changed=False,
        warnings=("look at this",),
    )
    quiet = report(secret("db", "unchanged"), changed=False)
    once = len(told(trouble).lines)
    assert once == 3
    assert len(told(trouble, trouble, trouble).lines) == once
    assert len(told(trouble, quiet, trouble).lines) == 2 * once


def test_a_service_that_is_updated_again_is_told_again() -> None:
    moved = report(service("shop_web", "updated", "converged", "db"))
    events = told(moved, moved).events()
    assert events.count("rotation: service updated") == 2


def test_a_warning_names_the_setting_of_the_plugin() -> None:
    warning = "Discovered secret db is left as it is: discover_paths lacks secret/db."
    (line,) = told(report(changed=False, warnings=(warning,))).lines
    assert "VAULT_ALLOWED_PATHS lacks secret/db" in line[2]["reason"]


def test_each_vault_has_its_own_memory() -> None:
    log = Lines()
    teller = Teller(log)
    trouble = report(secret("db", "kept"), changed=False)
    for name in ("here", "there", "here", "there"):
        teller.tell(name, trouble, 1.0)
    assert [fields["vault"] for _level, _event, fields in log.lines] == ["here", "there"]


def test_the_status_tells_the_last_good_and_the_last_bad_end() -> None:
    keeper = StatusKeeper()
    keeper.change(running=True)
    keeper.ended(100.0, "")
    keeper.ended(200.0, "Vault is sealed")
    status = keeper.status()
    assert (status.last_success, status.last_failure) == (100.0, 200.0)
    assert (status.runs, status.failures, status.running) == (2, 1, False)
    assert status.last_error == "Vault is sealed"


SOURCE = VaultSource("shop/db", "password")


def test_credentials_that_are_not_there_yet_leave_secrets_as_they_are() -> None:
    missing = InputError("there is no token yet")

    def options() -> VaultOptions:
        raise missing

    with LazyReader(connection(options=options), 8) as reader:
        assert reader.versions([SOURCE]) == {SOURCE: missing}
        assert reader.values({SOURCE: SourceVersion(1)}) == {SOURCE: missing}
        assert reader.revoke(["lease"]) == {"lease": missing}
        assert reader.held_leases() == frozenset()


def test_a_vault_that_is_not_needed_is_not_asked() -> None:
    def options() -> VaultOptions:
        raise AssertionError("nobody asked for anything")

    with LazyReader(connection(options=options), 8) as reader:
        assert reader.versions([]) == {}
        assert reader.values({}) == {}


def test_credentials_are_read_anew_by_each_rotation() -> None:
    read: list[int] = []

    def options() -> VaultOptions:
        read.append(1)
        return VaultOptions(url="http://127.0.0.1:9", retries=NO_RETRIES)

    one = connection(options=options)
    for _number in range(2):
        with LazyReader(one, 8) as reader:
            reader.versions([SOURCE])
            reader.versions([SOURCE])
    assert len(read) == 2
