# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in Vault is what a service reads from its file, byte for byte."""

from __future__ import annotations

import base64
import hashlib
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)

from tests.e2e.support.looks import actions
from tests.e2e.support.world import World, kv2, vaulted

BINARY = bytes(range(256))
CANARY = "canary-5e1f"


def shown_as(content: bytes) -> set[str]:
    """Return what ``World.shown`` gives of a file with this content."""
    return {hashlib.sha256(content).hexdigest()[:12]}


def in_lines(content: bytes) -> str:
    """Return base64 as programs write it for people."""
    return base64.encodebytes(content).decode()


def in_base64(name: str, path: str, field: str) -> SecretRequest:
    """Return a request for a field that holds base64."""
    return SecretRequest(name, source=kv2(path, field, format="base64"))


@pytest.mark.case("V14")
def test_bytes_that_vault_holds_in_base64_reach_the_file_as_they_are(any_world: World) -> None:
    world = any_world
    world.put("formats/keystore", jks=in_lines(BINARY), note="x")
    keystore = in_base64("keystore", "formats/keystore", "jks")
    world.rotate(keystore)
    world.service("web", {"keystore": "keystore_v1"})
    assert world.shown("web", "keystore") == shown_as(BINARY)
    assert world.secrets()["keystore_v1"]["vault_format"] == "base64"

    # The same bytes on one line are the same value; others reach the service.
    world.put("formats/keystore", jks=base64.b64encode(BINARY).decode(), note="x")
    assert actions(world.rotate(keystore)) == {"keystore": ("recorded", "keystore_v1")}
    world.put("formats/keystore", jks=in_lines(BINARY[::-1]), note="x")
    assert not world.rotate(keystore).failed
    world.wait_running("web")
    assert world.shown("web", "keystore") == shown_as(BINARY[::-1])


@pytest.mark.case("V14")
def test_the_label_says_it_as_well(world: World) -> None:
    world.put("formats/der", der=in_lines(BINARY))
    labels = {"vault_path": "formats/der", "vault_format": "base64"}
    world.secret("der", "made by hand", labels)
    world.service("web", {"der": "der"})

    report = world.rotate(discover=True)

    assert not report.failed
    world.wait_running("web")
    assert world.shown("web", "der") == shown_as(BINARY)


@pytest.mark.case("V14")
def test_what_is_not_base64_is_named_and_not_shown_and_nothing_is_made(world: World) -> None:
    world.put("formats/text", password=CANARY)

    report = world.rotate(in_base64("db", "formats/text", "password"))

    assert (report.failed, report.changed) == (True, False)
    assert "field 'password' of secret/formats/text is not base64" in report.message
    assert CANARY not in repr(report)
    assert world.names() == []


@pytest.mark.case("V13")
@pytest.mark.parametrize("field", ["password", None])
def test_null_is_no_password(world: World, field: str | None) -> None:
    world.put("formats/null", password=None)

    report = world.rotate(vaulted("db", "formats/null", field))

    assert (report.failed, report.changed) == (True, False)
    assert "field 'password' of secret/formats/null is null in Vault" in report.message
    assert world.names() == []


@pytest.mark.case("V13")
@pytest.mark.parametrize("engine", ["kv1", "read"])
def test_a_number_is_the_text_that_vault_gives(world: World, engine: str) -> None:
    # Version 2 of OpenBao's key/value engine writes numbers anew itself; version 1 keeps them.
    body = '{"version": 1.10, "on": true, "many": 1e3}'
    world.vault.client().adapter.post("/v1/kv1/formats/number", data=body)
    where: dict[str, t.Any] = (
        {"path": "formats/number", "mount": "kv1"}
        if engine == "kv1"
        else {"path": "kv1/formats/number"}
    )

    def asked(name: str, field: str | None, value_format: str = "plain") -> SecretRequest:
        source = kv2(field_name=field, engine=engine, format=value_format, **where)
        return SecretRequest(name, source=source)

    world.rotate(
        asked("version", "version"), asked("on", "on"), asked("all", None, value_format="json")
    )

    world.service("web", {"version": "version_v1", "on": "on_v1", "all": "all_v1"})
    assert world.shown("web", "version") == shown_as(b"1.10")
    assert world.shown("web", "on") == shown_as(b"true")
    assert world.shown("web", "all") == shown_as(b'{"many":1e3,"on":true,"version":1.10}')
