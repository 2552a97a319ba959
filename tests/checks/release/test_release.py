# SPDX-License-Identifier: GPL-3.0-or-later
"""A release is whole or does not happen: tried in copies, without a network."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.checks.sources import copy_collection
from tests.checks.tools import NAME, NAMESPACE, run_tool, tool_environment

VERSION = "77.0.1"
#: Nobody listens there: whatever asks for something outside fails.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout of its own, with everything committed and a fragment to release."""
    copy = copy_collection(tmp_path)
    fragment = copy / "changelogs" / "fragments" / "zebra.yml"
    fragment.write_text("---\nbugfixes:\n  - >-\n    zebra - has stripes.\n")
    commit(copy)
    return copy


def git(checkout: Path, *command: str) -> str:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    return run_tool("git", *who, *command, cwd=checkout)


def commit(checkout: Path) -> None:
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "as it is", "--no-verify")


def release(checkout: Path, what: str) -> subprocess.CompletedProcess[str]:
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    return subprocess.run(
        [sys.executable, "-m", "release", what],
        cwd=checkout,
        env=tool_environment(PYTHONPATH=f"{checkout / 'tests'}:{checkout}", **proxies),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def refused(checkout: Path, what: str) -> str:
    """Return why a release was refused, having made sure that it left nothing behind."""
    before = git(checkout, "status", "--porcelain", "--ignored")
    done = release(checkout, what)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert git(checkout, "status", "--porcelain", "--ignored") == before
    return done.stderr


def test_a_release_is_made(checkout: Path) -> None:
    done = release(checkout, VERSION)
    assert done.returncode == 0, done.stderr
    assert f"v{VERSION}" in done.stdout

    (tarball,) = (checkout / "build").glob("*.tar.gz")
    assert tarball.name == f"{NAMESPACE}-{NAME}-{VERSION}.tar.gz"
    with tarfile.open(tarball) as archive:
        manifest = json.load(archive.extractfile("MANIFEST.json") or pytest.fail("no manifest"))
        changelog = (archive.extractfile("CHANGELOG.rst") or pytest.fail("no changelog")).read()
        assert not [name for name in archive.getnames() if "changelogs/fragments/" in name]
    assert manifest["collection_info"]["version"] == VERSION
    assert b"zebra - has stripes." in changelog

    assert yaml.safe_load((checkout / "galaxy.yml").read_text())["version"] == VERSION
    assert "# " in (checkout / "galaxy.yml").read_text()
    assert (checkout / "CHANGELOG.rst").read_bytes() == changelog
    assert not list((checkout / "changelogs" / "fragments").glob("*.yml"))
    # What is released is what can be committed: the next thing that whoever releases does.
    commit(checkout)
    git(checkout, "tag", f"v{VERSION}")
    assert f"{VERSION} is released" in refused(checkout, VERSION)
    assert "does not come after it" in refused(checkout, "77.0.0")
    assert "No fragment" in refused(checkout, "77.0.2")


def test_a_dirty_tree_is_refused(checkout: Path) -> None:
    (checkout / "new.txt").write_text("not committed\n")
    assert "new.txt" in refused(checkout, VERSION)


def test_what_is_no_version_is_refused(checkout: Path) -> None:
    for text in ("1.2", "v1.2.3", "1.2.3-beta", "01.2.3"):
        assert f"'{text}' is not a version" in refused(checkout, text)


def test_what_the_importer_refuses_is_not_released(checkout: Path) -> None:
    (checkout / "meta" / "runtime.yml").write_text("---\naction_groups: {}\n")
    commit(checkout)
    assert "requires_ansible" in refused(checkout, VERSION)


def test_the_changelog_shows_what_is_to_come(checkout: Path) -> None:
    done = release(checkout, "changelog")
    assert done.returncode == 0, done.stderr
    assert "zebra - has stripes." in (checkout / "CHANGELOG.rst").read_text()
    changed = git(checkout, "status", "--porcelain").split()
    assert set(changed) == {"M", "CHANGELOG.rst", "changelogs/changelog.yaml"}
    # Again, with the fragment gone: nothing of it is left.
    (checkout / "changelogs" / "fragments" / "zebra.yml").unlink()
    assert release(checkout, "changelog").returncode == 0
    assert "zebra" not in (checkout / "CHANGELOG.rst").read_text()
