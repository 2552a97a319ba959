# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release wants to know of the git checkout it is made from."""

from __future__ import annotations

import re
from pathlib import Path

from release.errors import ReleaseError
from release.tool import run

#: A version as Galaxy takes it, without what follows a hyphen or plus: releases have none.
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
SETTING = re.compile(r"^version: (\S+)$", re.MULTILINE)


def check_clean(checkout: Path) -> None:
    """Refuse what is not committed: nobody could tell later what was released."""
    changed = run("git", "status", "--porcelain", folder=checkout)
    if changed:
        raise ReleaseError(
            f"There are changes that are not committed:\n{changed}Commit or stash them."
        )


def check_version(checkout: Path, version: str) -> None:
    """Refuse a version that is none, or that does not follow all that were released."""
    if not VERSION.fullmatch(version):
        raise ReleaseError(f"'{version}' is not a version such as 0.2.0.")
    newest = max(released(checkout), key=_numbers, default=None)
    if newest and _numbers(version) <= _numbers(newest):
        raise ReleaseError(f"{newest} is released; {version} does not come after it.")


def released(checkout: Path) -> list[str]:
    """List the versions that a tag marks as released."""
    tags = run("git", "tag", "--list", "v*", folder=checkout).split()
    return [tag[1:] for tag in tags if VERSION.fullmatch(tag[1:])]


def version_of(collection: Path) -> str:
    """Return the version that galaxy.yml gives."""
    found = SETTING.search((collection / "galaxy.yml").read_text())
    if not found:
        raise ReleaseError("galaxy.yml has no line 'version: ...'.")
    return found[1]


def set_version(collection: Path, version: str) -> None:
    """Write a version into galaxy.yml, whose comments stay."""
    file = collection / "galaxy.yml"
    version_of(collection)
    file.write_text(SETTING.sub(f"version: {version}", file.read_text()))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
