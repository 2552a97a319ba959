# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that brings a folder to the managers."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import typing as t

from tests.collection_path import ROOT

if t.TYPE_CHECKING:
    from pathlib import Path

PACK = ROOT / "roles" / "secretprovider" / "files" / "pack.py"


def pack(archive: Path | str, folder: Path, *parts: str) -> str:
    done = subprocess.run(
        [sys.executable, PACK, archive, folder, *parts],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def folder_at(path: Path, content: str = "x") -> Path:
    for name in ("plugins/b.py", "plugins/a.py", "plugins/__pycache__/a.pyc", "tests/t", "LICENSE"):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content)
    (path / "plugins" / "b.py").chmod(0o700)
    return path


def test_the_same_files_are_the_same_bytes_whoever_packs_them(tmp_path: Path) -> None:
    first, second = folder_at(tmp_path / "1"), folder_at(tmp_path / "2")
    os.utime(second / "plugins" / "a.py", (1, 1))
    (second / "plugins").chmod(0o700)
    digests = {
        pack(tmp_path / "1.tar", first, "plugins", "LICENSE"),
        pack(tmp_path / "2.tar", second, "LICENSE", "plugins"),
        pack("-", second, "LICENSE", "plugins"),
    }
    (digest,) = digests
    assert (tmp_path / "1.tar").read_bytes() == (tmp_path / "2.tar").read_bytes()
    with tarfile.open(tmp_path / "1.tar") as packed:
        found = {member.name: member.mode for member in packed}
    assert found == {
        "LICENSE": 0o644,
        "plugins": 0o755,
        "plugins/a.py": 0o644,
        "plugins/b.py": 0o755,
        f".swarmvault-{digest[:16]}": 0o644,
    }


def test_another_content_has_another_digest(tmp_path: Path) -> None:
    one = pack("-", folder_at(tmp_path / "1"), "plugins")
    assert one != pack("-", folder_at(tmp_path / "2", "y"), "plugins")
