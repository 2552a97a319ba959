# SPDX-License-Identifier: GPL-3.0-or-later
"""The changelog of a version that is not released yet, made anew from all fragments."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from release.errors import ReleaseError
from release.tool import run

HISTORY = Path("changelogs") / "changelog.yaml"
TEXT = Path("CHANGELOG.rst")
FRAGMENTS = Path("changelogs") / "fragments"


def rewrite(collection: Path, version: str, date: str) -> list[Path]:
    """Let antsibull-changelog make a version's entry anew; return the fragments that it used up.

    Until it is released, a version's entry is thrown away and made again, so that fragments can be
    added, reworded and removed: what antsibull-changelog itself offers only adds to it.

    :param collection: a copy of the collection, from which the fragments disappear.
    :raises ReleaseError: if there is no fragment.
    """
    # Git keeps no empty folder, which is what a release leaves.
    (collection / FRAGMENTS).mkdir(exist_ok=True)
    before = set((collection / FRAGMENTS).iterdir())
    history = _history(collection)
    if history.get("releases", {}).pop(version, None):
        (collection / HISTORY).write_text(yaml.safe_dump(history))
    run("antsibull-changelog", "release", "--version", version, "--date", date, folder=collection)
    used_up = before - set((collection / FRAGMENTS).iterdir())
    if not used_up:
        raise ReleaseError(f"No fragment in {FRAGMENTS} says what {version} brings.")
    return sorted(fragment.relative_to(collection) for fragment in used_up)


def date_of(collection: Path, version: str) -> str | None:
    """Return the day that a version's entry bears, if there is one."""
    entry = _history(collection).get("releases", {}).get(version, {})
    return str(entry["release_date"]) if "release_date" in entry else None


def _history(collection: Path) -> dict[str, t.Any]:
    file = collection / HISTORY
    return yaml.safe_load(file.read_text()) if file.exists() else {}
