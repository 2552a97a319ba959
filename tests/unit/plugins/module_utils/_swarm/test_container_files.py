# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service's spec puts where in its containers."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.container_files import (
    ContainerFile,
    collide,
    files_of,
    secret_path,
)


def spec(**container: t.Any) -> dict[str, t.Any]:
    return {"TaskTemplate": {"ContainerSpec": container}}


@pytest.mark.case("N7")
@pytest.mark.parametrize(
    "target",
    [
        "pw",
        "./pw",
        ".//pw",
        "pw/",
        "x/../pw",
        "/run/secrets/pw",
        "//run/secrets/pw",
        "///run/secrets/pw",
    ],
)
def test_every_spelling_of_a_target_is_one_path(target: str) -> None:
    assert secret_path(target) == "/run/secrets/pw"


@pytest.mark.case("N7")
def test_secrets_configs_and_mounts_are_told_with_their_paths() -> None:
    found = files_of(
        spec(
            Secrets=[{"File": {"Name": "pw"}, "SecretName": "db_v1"}],
            Configs=[{"File": {"Name": "app.ini"}, "ConfigName": "app"}],
            Mounts=[{"Type": "tmpfs", "Target": "/tmp/"}],
        )
    )
    assert found == (
        ContainerFile("/run/secrets/pw", "secret db_v1"),
        ContainerFile("/app.ini", "config app"),
        ContainerFile("/tmp", "a tmpfs mount", is_file=False),
    )


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"TaskTemplate": None},
        spec(),
        spec(Secrets=None, Configs=None, Mounts=None),
        spec(Configs=[{"Runtime": {}, "ConfigName": "credential"}], Secrets=[{"File": None}]),
        spec(Mounts=[{"Type": "bind"}]),
    ],
)
def test_what_is_missing_is_no_file(document: dict[str, t.Any]) -> None:
    assert files_of(document) == ()


@pytest.mark.case("N7")
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (ContainerFile("/a", ""), ContainerFile("/a", ""), True),
        (ContainerFile("/a", ""), ContainerFile("/a/b", ""), True),
        (ContainerFile("/a/b", ""), ContainerFile("/a", ""), True),
        (ContainerFile("/a", ""), ContainerFile("/ab", ""), False),
        (ContainerFile("/a", ""), ContainerFile("/a", "", is_file=False), True),
        (ContainerFile("/a", ""), ContainerFile("/a/b", "", is_file=False), True),
        (ContainerFile("/a/b", ""), ContainerFile("/a", "", is_file=False), False),
    ],
)
def test_a_file_collides_with_its_path_and_with_what_lies_below(
    one: ContainerFile, other: ContainerFile, expected: bool
) -> None:
    for pair in ((one, other), (other, one)):
        assert collide(*pair) is expected
