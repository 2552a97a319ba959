# SPDX-License-Identifier: GPL-3.0-or-later
"""What users write becomes what the core works on, or an error that names the entry."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.rotate_options import (
    to_options,
    to_requests,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Attachment,
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.unit.plugins.module_utils._ansible.params import params, rejected

CANARY = "canary-7f3a"


def request_of(**entry: t.Any) -> SecretRequest:
    (request,) = to_requests(params(secrets=[{"name": "db", **entry}]))
    return request


def problem_of(**entry: t.Any) -> str:
    with pytest.raises(InputError) as caught:
        request_of(**entry)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


def test_a_task_without_options_gives_the_defaults_of_the_core() -> None:
    assert to_options(params()) == Options()
    assert to_requests(params()) == []


def test_an_empty_list_of_paths_is_not_the_same_as_none() -> None:
    assert to_options(params(discover_paths=[])).discover_paths == ()


def test_options_are_handed_on() -> None:
    given: dict[str, t.Any] = {
        "state": "absent",
        "discover": True,
        "keep_versions": 5,
        "wait": False,
        "wait_timeout": 0.5,
        "max_parallel": 9,
        "on_failure": "pause",
        "on_source_error": "keep",
        "force": True,
    }
    paths = ["secret/shop/*", "pki/issue/web"]
    options = to_options(params(**given, discover_paths=paths, hash_key=CANARY))
    assert options == Options(
        **given, discover_paths=tuple(paths), hash_key=SecretValue(CANARY.encode())
    )
    assert CANARY not in repr(options)


def test_an_entry_with_a_name_alone_has_neither_source_nor_value() -> None:
    assert request_of() == SecretRequest(name="db")


def test_a_path_alone_gives_the_default_source() -> None:
    assert request_of(vault_path="shop/db").source == VaultSource(path="shop/db")


def test_every_part_of_a_source_is_handed_on() -> None:
    source = request_of(
        vault_path="shop/db",
        vault_field="password",
        vault_mount="teams/kv",
        vault_engine="kv1",
        vault_version=3,
        vault_format="json",
    ).source
    assert source == VaultSource(
        path="shop/db",
        field="password",
        mount="teams/kv",
        engine="kv1",
        version=3,
        format="json",
    )


def test_slashes_at_the_ends_make_no_other_source() -> None:
    assert request_of(vault_path="/shop/db/", vault_mount="/kv/").source == VaultSource(
        path="shop/db", mount="kv"
    )


def test_a_plain_read_has_no_mount_besides_its_path() -> None:
    source = request_of(vault_path="pki/ca", vault_engine="read", vault_mount="pki").source
    assert source == VaultSource(path="pki/ca", engine="read")


@pytest.mark.parametrize("path", ["", "/"])
def test_an_empty_path_is_an_error_and_not_the_labels(path: str) -> None:
    assert "vault_path of db is empty" in problem_of(vault_path=path)


@pytest.mark.case("V10")
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("vault_mount", "team"),
        ("vault_engine", "kv1"),
        ("vault_format", "json"),
        ("vault_params", {"ttl": "1h"}),
    ],
)
def test_what_tells_of_a_source_that_is_not_given_is_an_error(option: str, value: object) -> None:
    assert problem_of(**{option: value}) == (
        f"Nothing was changed: {option} of db is given without vault_path."
        " Give vault_path as well, or leave both to the labels in Swarm."
    )


@pytest.mark.parametrize("option", ["vault_field", "vault_version"])
def test_a_part_of_a_source_without_a_path_is_an_error(option: str) -> None:
    message = rejected(secrets=[{"name": "db", option: 1}])
    assert f"required by '{option}'" in message
    assert "vault_path" in message


def test_data_is_taken_as_text() -> None:
    request = request_of(data="pä\n")
    assert request.data == SecretValue("pä\n".encode())
    assert request.source is None


def test_bytes_that_are_no_text_come_through() -> None:
    assert request_of(data="\udcff").data == SecretValue(b"\xff")


@pytest.mark.parametrize("text", ["AAEC/w==", "AAEC\n/w==\n"])
def test_base64_is_decoded(text: str) -> None:
    assert request_of(data=text, data_is_b64=True).data == SecretValue(b"\x00\x01\x02\xff")


@pytest.mark.parametrize("text", [CANARY, "AAEC/w", "ä"])
def test_what_is_not_base64_is_an_error_that_does_not_show_it(text: str) -> None:
    message = problem_of(data=text, data_is_b64=True)
    assert "data of db is not base64" in message
    assert text not in message


def test_empty_data_is_data_for_the_core_to_judge() -> None:
    assert request_of(data="").data == SecretValue(b"")


def test_both_data_and_a_path_reach_the_core_which_names_the_entry() -> None:
    request = request_of(data="x", vault_path="shop/db")
    assert request.data is not None
    assert request.source is not None


def test_no_value_is_shown_by_a_request() -> None:
    assert CANARY not in repr(request_of(data=CANARY))


NOT_TEXT = {
    "a mapping": [{CANARY: CANARY}, {}],
    "a list": [[CANARY], []],
    "a boolean": [True, False],
    "a number": [7_364_519, 0, 1.25],
}


@pytest.mark.case("N8")
@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in NOT_TEXT.items() for value in values]
)
@pytest.mark.parametrize("coded", [False, True])
def test_data_that_is_not_text_is_an_error_that_does_not_show_it(
    kind: str, value: object, coded: bool
) -> None:
    message = problem_of(data=value, data_is_b64=coded)
    assert f"the data of db is {kind}, not text" in message
    assert "to_json" in message
    assert "in quotes" in message
    assert CANARY not in message
    assert "7364519" not in message


@pytest.mark.case("N8")
def test_every_entry_whose_data_is_not_text_is_named_and_nothing_of_it_is_left_to_show() -> None:
    asked = params(secrets=[{"name": "db", "data": {CANARY: 1}}, {"name": "api", "data": [CANARY]}])
    with pytest.raises(InputError, match=r"data of db is a mapping.*data of api is a list"):
        to_requests(asked)
    assert CANARY not in repr(asked)


@pytest.mark.case("N8")
def test_data_that_is_null_is_not_given() -> None:
    assert request_of(data=None) == SecretRequest(name="db")


def test_labels_are_strings() -> None:
    assert request_of(labels={"team": "shop", "order": 3}).labels == {"team": "shop", "order": "3"}


@pytest.mark.case("N3")
def test_a_label_without_a_value_is_to_go() -> None:
    request = request_of(labels={"team": None, "order": "3"})
    assert (request.labels, request.dropped_labels) == ({"order": "3"}, {"team"})


@pytest.mark.parametrize("value", [True, 1.1, ["x"], {"x": "y"}])
def test_a_label_that_yaml_made_something_else_of_is_an_error(value: object) -> None:
    assert "label team of db" in problem_of(labels={"team": value})


def test_services_become_attachments() -> None:
    services = [
        {"name": "web"},
        {"name": "api", "target": "/etc/pw", "uid": 10, "gid": "20", "mode": "0400"},
    ]
    assert request_of(services=services).attachments == (
        Attachment("web"),
        Attachment("api", target="/etc/pw", uid="10", gid="20", mode=0o400),
    )


@pytest.mark.parametrize(
    ("written", "mode"),
    [
        ("0400", 0o400),
        ("400", 0o400),
        ("440", 0o440),
        ("0o444", 0o444),
        (0o400, 0o400),
        (0o440, 0o440),
        (0o444, 0o444),
        (0o500, 0o500),
        (0o600, 0o600),
        (0o755, 0o755),
        (0, 0),
        (7, 7),
    ],
)
@pytest.mark.case("N6")
def test_a_mode_is_text_in_octal_or_an_integer_that_can_mean_one_thing(
    written: object, mode: int
) -> None:
    (attachment,) = request_of(services=[{"name": "web", "mode": written}]).attachments
    assert attachment.mode == mode


@pytest.mark.case("N6")
@pytest.mark.parametrize(
    "written", [400, 440, 444, 600, 640, 644, 660, 700, 755, 777, 40, 44, 4444, 0o640, 0o644, 0o40]
)
def test_an_integer_that_looks_octal_is_refused_with_both_readings(written: int) -> None:
    message = problem_of(services=[{"name": "web", "mode": written}])
    for part in (
        "service web of db",
        f"the integer {written}, which may mean {written:04o} or 0{written}",
        f'Quote it: mode: "0{written}"',
        f'"{written:04o}"',
    ):
        assert part in message


@pytest.mark.parametrize("written", ["u=r", "0800", "", "-400", "400\n", True, 4.5, None, ["0400"]])
def test_what_is_not_a_mode_is_an_error(written: object) -> None:
    message = problem_of(services=[{"name": "web", "mode": written}])
    assert "service web of db" in message
