# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the way of a build is told before anything is made, with what to do about it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from builder import cli, commands, debian, payload
from builder.errors import BuildError

SIMULATED = """\
Reading package lists...
Inst gcc-12-base (12.2.0-14+deb12u1 Debian:12.15/oldstable [amd64])
Inst libc6 [2.35-1] (2.36-9+deb12u14 Debian:12.15/oldstable [amd64]) []
Inst ca-certificates (20230311+deb12u1 Debian:12.15/oldstable [all])
Inst libcrypt1 (1:4.4.33-2 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64])
Conf libc6 (2.36-9+deb12u14 Debian:12.15/oldstable [amd64])
"""


def test_the_packages_are_those_that_apt_would_install() -> None:
    assert debian.chosen_packages(SIMULATED) == [
        "ca-certificates=20230311+deb12u1",
        "gcc-12-base=12.2.0-14+deb12u1",
        "libc6=2.36-9+deb12u14",
        "libcrypt1=1:4.4.33-2",
    ]


def test_apt_is_told_that_what_only_installs_is_there() -> None:
    stanzas = debian.pretended_status("arm64").strip().split("\n\n")
    assert len(stanzas) == len(debian.PRETENDED)
    assert stanzas[1].startswith("Package: dpkg\nStatus: install ok installed\nArchitecture: arm64")


def test_no_debian_no_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not debian.available()
    with pytest.raises(
        BuildError, match=r"no apt-get and dpkg-deb\. Build on Debian or Ubuntu, or"
    ):
        debian.unpack_packages(tmp_path / "rootfs", tmp_path)
    assert cli.parser().parse_args(["vault"]).base_image == "python:3.13-slim"


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert cli.main([str(argument) for argument in arguments]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("build: ")
    return shown.err


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").touch()
    for output in (tmp_path, tmp_path / "mine"):
        said = refusal(capsys, "vault", "--base-image", "debian-packages", "--output", output)
        assert f"{output} is not an empty folder. Remove it, or name another." in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_engine_that_does_not_answer_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    said = refusal(capsys, "vault", "--base-image", "some-image")
    assert str(socket) in said
    assert "Set DOCKER_HOST to the engine, or build without one: --output DIR" in said


@pytest.mark.parametrize("name", ["", "Vault", "-rm", "a b", "a;b", "../a"])
def test_names_that_no_plugin_can_have_are_refused(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--", name])
    assert "is not a valid name" in capsys.readouterr().err


def test_names_with_a_registry_and_a_tag_are_taken() -> None:
    name = "registry.example:5000/our/vault-secrets-plugin:1.0"
    assert cli.parser().parse_args([name]).name == name


def test_a_folder_torn_from_its_collection_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(payload.FOLDER / "wheels", tmp_path / "secretprovider" / "wheels")
    monkeypatch.setattr(payload, "FOLDER", tmp_path / "secretprovider")
    with pytest.raises(BuildError, match=r"is missing\. Run build where it belongs"):
        payload.stage(tmp_path / "app")


def test_a_wheel_that_was_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = payload.FOLDER.parent
    copy = tmp_path / "secretprovider"
    shutil.copytree(payload.FOLDER / "wheels", copy / "wheels")
    shutil.copy(payload.FOLDER / "requirements.txt", copy)
    (copy / payload.PACKAGE).mkdir()
    (tmp_path / "plugins").symlink_to(collection / "plugins")
    (tmp_path / "LICENSE").touch()
    (wheel,) = copy.glob("wheels/waitress-*")
    with wheel.open("ab") as file:
        file.write(b"\0")
    monkeypatch.setattr(payload, "FOLDER", copy)
    with pytest.raises(BuildError, match="DO NOT MATCH THE HASHES"):
        payload.stage(tmp_path / "app")


def test_a_program_that_fails_is_told_with_its_words_and_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"'nosuchprogram' is not installed\. Install it\."):
        commands.run(["nosuchprogram"], "Install it.")
    with pytest.raises(BuildError, match=r"'sh -c .*failed: ill Heal it\."):
        commands.run(["sh", "-c", "echo ill >&2; exit 3"], "Heal it.")
    commands.run(["printf", "%b", r"\0377"], "", to=tmp_path / "printed")
    assert (tmp_path / "printed").read_bytes() == b"\xff"
