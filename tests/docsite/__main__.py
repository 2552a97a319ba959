# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the HTML site, without a network: a page per plugin, the guides, the changelog.

antsibull-docs makes reStructuredText of the plugins' documentation and adds docs/docsite; Sphinx
makes HTML of that. A warning of either fails the build.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.collection_path import ROOT, link_collection

HERE = Path(__file__).parent
COLLECTION = "swarmvault.secrets"
#: antsibull-docs takes along the pages only.
IMAGES = Path("docs") / "docsite" / "rst" / "images"


def build(output: Path, collections: Path) -> Path:
    """Build the site below a folder; return its first page.

    :param output: a folder that is made, and replaced where it is there.
    :param collections: the folder above ``ansible_collections``.
    """
    shutil.rmtree(output, ignore_errors=True)
    pages = output / "rst"
    # antsibull-docs refuses a folder that others may write to.
    pages.mkdir(mode=0o755, parents=True)
    _run(
        *["antsibull-docs", "--config-file", HERE / "antsibull-docs.cfg", "collection"],
        *["--use-current", "--squash-hierarchy", "--fail-on-error", "--cleanup", "everything"],
        *["--dest-dir", pages, COLLECTION],
        ANSIBLE_COLLECTIONS_PATH=str(collections),
    )
    source = collections / "ansible_collections" / Path(*COLLECTION.split("."))
    shutil.copytree(source / IMAGES, pages / "docsite" / IMAGES.name)
    _run(
        *["sphinx-build", "--builder", "html", "--quiet", "--fail-on-warning"],
        *["--conf-dir", HERE, pages, output / "html"],
    )
    return output / "html" / "index.html"


def _run(*command: object, **extra: str) -> None:
    """Run a tool of this environment; it prints what is wrong itself."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", **extra}
    subprocess.run([str(part) for part in command], env=environment, check=True)


def main() -> int:
    """Build it where the developer looks for it."""
    parser = argparse.ArgumentParser(prog="docsite", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "docs", metavar="FOLDER")
    arguments = parser.parse_args()
    try:
        page = build(arguments.output, link_collection())
    except subprocess.CalledProcessError as error:
        return error.returncode
    print(f"docs: open {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
