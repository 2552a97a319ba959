# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which busybox the test image gets: the program, static, whatever else has its name."""

from __future__ import annotations

import typing as t

import pytest

from testbed import busybox, imagetar
from testbed.errors import BedError

if t.TYPE_CHECKING:
    from pathlib import Path

STATIC = b"\x7fELF" + bytes(8000)
DYNAMIC = b"\x7fELF" + bytes(600) + b"/lib64/ld-linux-x86-64.so.2\0" + bytes(8000)
TEXT = b"BUSYBOXDIR=/bin\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, on a machine without a busybox of its own."""
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(
        busybox, "which", lambda program: None if program == "busybox" else f"/usr/bin/{program}"
    )
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def unpack(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    """Let Debian's package hold these files."""

    def download(work: Path) -> None:
        (work / "busybox-static.deb").touch()
        for name, content in files.items():
            (work / "root" / name).parent.mkdir(parents=True)
            (work / "root" / name).write_bytes(content)

    monkeypatch.setattr(busybox, "_download", download)
    monkeypatch.setattr(busybox, "run", lambda *_words, **_more: "")


@pytest.mark.parametrize(
    ("content", "static"),
    [(STATIC, True), (DYNAMIC, False), (TEXT, False), (b"", False)],
    ids=["static", "dynamic", "text", "empty"],
)
def test_static_programs_are_told_from_others(tmp_path: Path, content: bytes, static: bool) -> None:
    program = tmp_path / "busybox"
    program.write_bytes(content)
    assert busybox.is_static(program) is static


def test_the_text_of_the_same_name_is_not_taken(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one found is the file system's whim: here it is all but surely a text."""
    texts = {f"{number}/busybox": TEXT for number in range(50)}
    unpack(monkeypatch, {**dict(list(texts.items())[:25]), "bin/busybox": STATIC, **texts})
    assert busybox.static_busybox().read_bytes() == STATIC
    assert (cache / "busybox").read_bytes() == STATIC


@pytest.mark.parametrize("poison", [TEXT, b"", DYNAMIC], ids=["text", "empty", "dynamic"])
def test_a_poisoned_cache_is_not_taken(
    cache: Path, monkeypatch: pytest.MonkeyPatch, poison: bytes
) -> None:
    (cache / "busybox").write_bytes(poison)
    unpack(monkeypatch, {"bin/busybox": STATIC})
    assert busybox.static_busybox().read_bytes() == STATIC


def test_a_package_without_a_program_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack(monkeypatch, {"etc/busybox": TEXT})
    with pytest.raises(BedError, match="busybox-static does not contain a statically linked"):
        busybox.static_busybox()
    assert not (cache / "busybox").exists()


@pytest.mark.parametrize("content", [TEXT, DYNAMIC, b""], ids=["text", "dynamic", "empty"])
def test_an_image_without_a_program_is_found_when_it_is_made(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    program = tmp_path / "other"
    program.write_bytes(content)
    monkeypatch.setattr(imagetar, "static_busybox", lambda: program)
    with pytest.raises(BedError, match=f"{program}.*is not a statically linked program"):
        imagetar.app_image()
    assert list(cache.glob("app-*")) == []
