# SPDX-License-Identifier: GPL-3.0-or-later
"""No file names this machine or where its packages come from: the next machine has others."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.checks.sources import source_files, text_of
from tests.checks.tools import run_tool
from tests.collection_path import ROOT

# Put together here, so that this file does not name them either.
PUBLIC_REGISTRIES = {
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("registry-1", "docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("proxy", "golang", "org"),
    )
}
APT_SOURCES = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
COMMON = {"/", "/usr", "/root", "/tmp", "/opt", "/srv", "/home", "localhost", "127.0.0.1"}


def local_paths() -> set[str]:
    """Where the checkout, its Python and the user's home lie."""
    paths = {ROOT, Path(sys.base_prefix), Path.home()}
    return {str(path) for path in paths} - COMMON


def package_sources() -> set[str]:
    """Hosts and folders that pip and apt are set to use here."""
    settings = [run_tool(sys.executable, "-m", "pip", "config", "list", may_fail=True)]
    settings += [file.read_text(errors="replace") for file in APT_SOURCES if file.is_file()]
    addresses = re.findall(r"\b(?:https?|file)://[^\s'\"\]]+", "\n".join(settings))
    found = {urlsplit(a).hostname or urlsplit(a).path for a in addresses}
    return found - COMMON


@pytest.mark.parametrize(
    "names",
    [local_paths, package_sources, lambda: PUBLIC_REGISTRIES],
    ids=["paths", "package sources", "registries"],
)
def test_no_file_names_this_machine(names: object) -> None:
    assert callable(names)
    wanted = re.compile("|".join(rf"(?<![\w.-]){re.escape(n)}(?![\w-])" for n in sorted(names())))
    found = [
        f"{file}:{number}: {line.strip()}"
        for file in source_files()
        for number, line in enumerate((text_of(file) or "").splitlines(), 1)
        if wanted.search(line)
    ]
    assert found == []
