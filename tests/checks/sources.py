# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files make up the project, and a copy of exactly those."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.checks.tools import NAME, NAMESPACE
from tests.collection_path import ROOT


@cache
def source_files() -> tuple[Path, ...]:
    """List what is committed or would be: tracked and new files, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    files = {Path(name) for name in listing.split("\0") if name}
    return tuple(sorted(file for file in files if (ROOT / file).is_file()))


def text_of(file: Path) -> str | None:
    """Give a source file's text, or nothing for one that is not text."""
    content = (ROOT / file).read_bytes()
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


def copy_collection(below: Path) -> Path:
    """Copy the project to where Ansible's tools expect a collection, and return that folder.

    They want real files under ``ansible_collections/<namespace>/<name>`` and ask git which of them
    count. What they left there in an earlier run stays, being their cache.
    """
    target = below / "ansible_collections" / NAMESPACE / NAME
    target.mkdir(parents=True, exist_ok=True)
    if not (target / ".git").exists():
        subprocess.run(["git", "init", "--quiet", "."], cwd=target, check=True)
    _remove_strangers(target)
    for file in source_files():
        copy = target / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, copy)
    return target


def _remove_strangers(target: Path) -> None:
    """Delete files of an earlier copy that the project no longer has."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard"],
        cwd=target,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        if Path(name) not in source_files():
            (target / name).unlink()
