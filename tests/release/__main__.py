# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a release, or shows in the changelog what the next one will say; without a network.

    python -m release changelog     the entry of galaxy.yml's version, made anew from the fragments
    python -m release fragments     all fragments brought into one shape
    python -m release 0.2.0         version, changelog, tarball, and Galaxy's own check of it

Everything is made and checked in a copy. Only what passed comes back, so a release that fails leaves
the checkout as it was. Committing, tagging and publishing stay with whoever releases.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
import tempfile
from pathlib import Path

from release import changelog, checkout, fragments, package
from release.errors import ReleaseError
from tests.checks.sources import copy_collection
from tests.collection_path import ROOT

BUILD = ROOT / "build"


def show_changelog() -> None:
    """Bring CHANGELOG.rst up to date with the fragments, which stay."""
    version = checkout.version_of(ROOT)
    if version in checkout.released(ROOT):
        raise ReleaseError(
            f"{version} is released; its entry stays. Raise the version in galaxy.yml."
        )
    date = changelog.date_of(ROOT, version) or today()
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        copy = copy_collection(Path(folder))
        changelog.rewrite(copy, version, date)
        _bring_back(copy, [changelog.HISTORY, changelog.TEXT])
    print(f"changelog: {changelog.TEXT} tells what {version} will bring")


def shape_fragments() -> None:
    """Write each fragment as all are to be written."""
    for file in sorted((ROOT / changelog.FRAGMENTS).glob("*.yml")):
        text = file.read_text()
        if text != fragments.shaped(text):
            file.write_text(fragments.shaped(text))
            print(f"fragments: {file.name} reshaped")


def make_release(version: str) -> None:
    """Make and check a release; write it into the checkout and the tarball into build/."""
    checkout.check_clean(ROOT)
    checkout.check_version(ROOT, version)
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        copy = copy_collection(Path(folder))
        checkout.set_version(copy, version)
        used_up = changelog.rewrite(copy, version, today())
        built = package.build(copy, Path(folder) / "built")
        workshop = Path(folder) / "importer"
        workshop.mkdir()
        package.check_with_importer(built, workshop)

        BUILD.mkdir(exist_ok=True)
        tarball = shutil.copy2(built, BUILD)
        _bring_back(copy, [Path("galaxy.yml"), changelog.HISTORY, changelog.TEXT])
    for fragment in used_up:
        (ROOT / fragment).unlink()
    print(
        f"release: {Path(tarball).relative_to(ROOT)} is ready. Look at 'git diff', then:\n"
        f"  git commit --all --message 'Release {version}'\n"
        f"  git tag --annotate v{version} --message {version}\n"
        f"  ansible-galaxy collection publish {Path(tarball).relative_to(ROOT)}"
    )


def today() -> str:
    """Return the day as a changelog has it."""
    return dt.datetime.now(tz=dt.UTC).date().isoformat()


def _bring_back(copy: Path, files: list[Path]) -> None:
    for file in files:
        shutil.copyfile(copy / file, ROOT / file)


def main() -> int:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("what", metavar="VERSION|changelog|fragments")
    what: str = parser.parse_args().what
    try:
        if what == "changelog":
            show_changelog()
        elif what == "fragments":
            shape_fragments()
        else:
            make_release(what)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
