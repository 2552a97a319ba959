# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker plugin's libraries: all of them, for every Python, and what is written about them."""

from __future__ import annotations

import zipfile

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.checks.interpreters import SUPPORTED
from wheels import __main__ as wheels

FILES = sorted((wheels.PLUGIN / "wheels").glob("*.whl"))
FOUND = {canonicalize_name(wheels.metadata(file)["Name"]): wheels.metadata(file) for file in FILES}


def test_pins_hashes_and_licences_are_those_of_the_files() -> None:
    """After a change by hand: "make wheels"."""
    written = (wheels.PLUGIN / "requirements.txt").read_text()
    assert written == wheels.requirements(FILES)
    assert (wheels.PLUGIN / "wheels" / "README.md").read_text() == wheels.notice(FILES)
    assert set(FOUND) == set(wheels.NAMES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_wheel_is_pure_python_and_brings_its_licence(file: str) -> None:
    assert str(file).endswith("-py3-none-any.whl")
    with zipfile.ZipFile(file) as archive:
        assert any("LICENSE" in name for name in archive.namelist())


@pytest.mark.parametrize("version", SUPPORTED)
def test_nothing_that_one_of_them_needs_is_missing(version: str) -> None:
    environment = {"python_version": version, "python_full_version": f"{version}.0", "extra": ""}
    environment |= {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    for name, found in FOUND.items():
        assert SpecifierSet(found.get("Requires-Python", "")).contains(f"{version}.0"), name
        for line in found.get("Requires-Dist", "").splitlines():
            needed = Requirement(line)
            if needed.marker and not needed.marker.evaluate(environment):
                continue
            there = FOUND[canonicalize_name(needed.name)]["Version"]
            assert needed.specifier.contains(there), f"{name} needs {needed}, not {there}"
