# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused with every object at fault named, before anything changes."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Attachment,
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.validation import (
    check_against,
    check_request,
    value_problems,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Service
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.responses import (
    parse_service,
)

from tests.unit.plugins.module_utils._rotation.builders import (
    CANARY,
    options,
    plain_source,
    reference,
    request,
    secret,
    service,
    swarm,
    version,
)


def attached(*services: str, name: str = "db", **more: object) -> SecretRequest:
    return request(name, attachments=tuple(Attachment(item, **more) for item in services))


@pytest.mark.parametrize(
    "name", ["db", "a", "A.b-c_d", "0", "db_v1", "x" * 61, "shop_settings.json"]
)
def test_a_name_the_engine_takes_is_fine(name: str) -> None:
    check_request([request(name)], Options())


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ([request("")], "needs a name"),
        ([request("-db")], "must start and end with a letter or digit"),
        ([request("db_")], "must start and end with a letter or digit"),
        ([request("db/x")], "'db/x'"),
        ([request("pässwort")], "'pässwort'"),
        ([request("x" * 62)], "65 characters, but the engine allows 64"),
        ([request("db"), request("db")], "db is listed 2 times"),
        ([request(data="x", source=plain_source())], "both data and vault_path"),
        ([request(data="", source=None)], "data is empty"),
        ([request(labels={"swarmvault.name": "x"})], "label swarmvault.name"),
        ([request(labels={"vault_path": "x"})], "label vault_path"),
        ([attached("web", "web")], "service web is listed 2 times"),
        ([attached("web", target="")], "needs a file name"),
        ([attached("web", target="../etc/passwd")], "'..'"),
        ([attached("web", target="/run/")], "directory"),
        ([attached("web", mode=0o10000)], "mode 10000"),
        ([attached("web", mode=-1)], "not a valid file mode"),
        ([request(from_version="db_v2")], "from_version goes with state rolled_back only"),
        ([], "discover is off"),
    ],
)
def test_a_request_at_fault_is_refused(asked: list[SecretRequest], complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        check_request(asked, Options())
    assert complaint in str(caught.value)
    assert str(caught.value).startswith("Nothing was changed: ")


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ({"keep_versions": 0}, "keep_versions is 0"),
        ({"max_parallel": 0}, "max_parallel is 0"),
        ({"wait_timeout": 0.0}, "wait_timeout is 0 s"),
        ({"max_waves": 0}, "max_waves is 0"),
        ({"max_waves": 1, "wait": False}, "max_waves goes with wait only"),
        ({"max_waves": 1, "state": "rolled_back"}, "max_waves goes with state present only"),
        ({"discover": True, "state": "absent"}, "not with absent"),
        ({"discover": True, "state": "rolled_back"}, "not with rolled_back"),
    ],
)
def test_an_option_at_fault_is_refused(chosen: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        check_request([request()], options(**chosen))


@pytest.mark.case("V17")
@pytest.mark.parametrize(
    ("key", "complaint"),
    [(b"", "hash_key is empty"), (b"k", "has 1 byte,"), (b"k" * 15, "has 15 bytes, but must have")],
)
def test_a_key_that_is_too_short_is_refused_with_the_way_to_make_one(
    key: bytes, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        check_request([request()], options(hash_key=SecretValue(key)))
    assert "openssl rand -base64 32" in str(caught.value)


def test_a_key_of_16_bytes_will_do() -> None:
    check_request([request()], options(hash_key=SecretValue(b"k" * 16)))


def test_all_faults_are_told_together() -> None:
    asked = [request("db"), request("db"), request("-x"), request("y", data="", source=None)]
    with pytest.raises(InputError) as caught:
        check_request(asked, Options(max_parallel=0))
    for complaint in ("db is listed", "-x", "y: data is empty", "max_parallel"):
        assert complaint in str(caught.value)


def test_discovery_needs_no_listed_secret() -> None:
    check_request([], Options(discover=True))


@pytest.mark.parametrize(
    ("size", "complaint"),
    [(0, "is empty"), (1, None), (511_999, None), (512_000, "has 512000 bytes")],
)
def test_a_value_has_1_to_511999_bytes(size: int, complaint: str | None) -> None:
    problems = list(value_problems(SecretValue(b"x" * size), "the value of db"))
    assert len(problems) == (complaint is not None)
    assert not complaint or complaint in problems[0]


def test_a_value_that_is_too_long_is_not_shown() -> None:
    (problem,) = value_problems(SecretValue(CANARY.encode() * 50_000), "data")
    assert CANARY not in problem


def test_a_source_is_wanted_where_neither_task_nor_labels_tell_one() -> None:
    with pytest.raises(InputError, match="db: no source is given"):
        check_against([request(source=None)], swarm())
    check_against([request(source=plain_source())], swarm())
    check_against([request(data="x", source=None)], swarm())


PLUGIN_SERVICE = parse_service(
    {
        "ID": "id-of-web",
        "Version": {"Index": 1},
        "Spec": {
            "Name": "web",
            "TaskTemplate": {"PluginSpec": {"Name": "net"}, "Runtime": "plugin"},
            "Mode": {"Global": {}},
        },
    }
)


@pytest.mark.parametrize(
    ("there", "complaint"),
    [
        ([service("api")], "there is no service web"),
        ([service("web", mode="ReplicatedJob")], "web is a replicated-job"),
        ([service("web", mode="GlobalJob")], "web is a global-job"),
        ([PLUGIN_SERVICE], "web does not run containers"),
        (
            [service("web", reference("made_by_hand", target="db"))],
            "secret made_by_hand already at",
        ),
    ],
)
def test_a_service_that_cannot_get_a_secret_is_named(there: list[Service], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        check_against([attached("web")], swarm(*there))


def test_two_secrets_cannot_be_attached_as_one_file() -> None:
    asked = [attached("web", target="password"), attached("web", name="api", target="password")]
    with pytest.raises(InputError, match=r"api: .*/password .* web is to get secret db as well"):
        check_against(asked, swarm(service("web")))


def test_two_services_may_get_files_of_one_name() -> None:
    asked = [attached("web", target="password"), attached("api", name="api", target="password")]
    check_against(asked, swarm(service("web"), service("api")))


@pytest.mark.parametrize("name", ["db_v1", "db"])
def test_a_service_that_has_the_secret_already_is_fine(name: str) -> None:
    state = swarm(secret("db"), version("db", 1), service("web", reference(name, target="db")))
    check_against([attached("web")], state)


NO_NUMBERS = [
    "www-data",
    "",
    "-1",
    "+1",
    "0x21",
    " 33",
    "33 ",
    "3 3",
    "033",
    "00",
    "1.0",
    "1_0",
    "٣",
]
TOO_LARGE = ["4294967295", "99999999999"]


@pytest.mark.case("N5")
@pytest.mark.parametrize("option", ["uid", "gid"])
@pytest.mark.parametrize("value", [*NO_NUMBERS, *TOO_LARGE, "True", "None"])
def test_an_owner_that_the_node_would_not_take_is_refused(option: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        check_request([attached("web", **{option: value})], Options())
    assert f"db: service web: {option} {value!r} is not a number from 0 to 4294967294" in str(
        caught.value
    )


@pytest.mark.case("N5")
@pytest.mark.parametrize("value", ["0", "33", "65534", "4294967294"])
def test_an_owner_is_a_number(value: str) -> None:
    check_request([attached("web", uid=value, gid=value)], Options())


@pytest.mark.case("N7")
@pytest.mark.parametrize(
    "other", ["/run/secrets/db", "./db", "/run//secrets/db", "//run/secrets/./db"]
)
def test_two_spellings_of_one_file_collide(other: str) -> None:
    asked = [attached("web"), attached("web", name="api", target=other)]
    with pytest.raises(InputError) as caught:
        check_against(asked, swarm(service("web")))
    for part in ("api: ", f"/run/secrets/db (target {other})", "web is to get secret db as well"):
        assert part in str(caught.value)


@pytest.mark.case("N7")
@pytest.mark.parametrize(
    "there",
    ["/run/secrets/db", "db", "db/", "./db", "x/../db", "/run//secrets/db", "db/part", "/run"],
)
def test_a_secret_of_the_service_under_another_spelling_collides(there: str) -> None:
    web = service("web", reference("made_by_hand", target=there))
    with pytest.raises(
        InputError, match=r"db: the file /run/secrets/db .*web has secret made_by_hand"
    ):
        check_against([attached("web")], swarm(web))


@pytest.mark.case("N7")
@pytest.mark.parametrize("target", ["/app.ini", "//app.ini", "/./app.ini"])
def test_a_config_of_the_service_collides(target: str) -> None:
    with pytest.raises(InputError, match=r"/app.ini \(target .* web has config app.ini already"):
        check_against([attached("web", target=target)], swarm(service("web")))


@pytest.mark.case("N7")
def test_a_mount_of_the_service_collides_at_its_own_path_and_below_the_file() -> None:
    state = swarm(service("web"))
    with pytest.raises(InputError, match="web has a volume mount already at that path"):
        check_against([attached("web", target="/data")], state)
    check_against([attached("web", target="/data/db")], state)


@pytest.mark.case("N7")
def test_one_file_cannot_lie_in_another() -> None:
    asked = [attached("web"), attached("web", name="api", target="db/api")]
    with pytest.raises(InputError, match="secret db as well at /run/secrets/db, and nothing lies"):
        check_against(asked, swarm(service("web")))


@pytest.mark.case("N7")
def test_a_file_of_the_same_beginning_does_not_collide() -> None:
    web = service("web", reference("made_by_hand", target="db2"))
    check_against([attached("web"), attached("web", name="api", target="db.api")], swarm(web))
