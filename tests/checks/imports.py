# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of module_utils import, for the checks of layers, circles and relative imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.collection_path import ROOT

MODULE_UTILS = ROOT / "plugins" / "module_utils"
OWN = ("ansible_collections", "swarmvault", "secrets", "plugins", "module_utils")


class Import(NamedTuple):
    """One name that a file imports; at once: when it is loaded itself, not later or for types only.

    ``name`` is its full dotted name, that of ours below module_utils: ``_swarm.client.SwarmClient``.
    """

    file: Path
    line: int
    name: str
    is_own: bool
    is_relative: bool
    is_at_once: bool

    @property
    def module(self) -> str:
        """The module of ours that it is, or is taken from."""
        return self.name if self.name in modules() else self.name.rpartition(".")[0]


@cache
def modules() -> dict[str, Path]:
    """Give every module of module_utils by its dotted name; a package is its ``__init__``."""
    files = sorted(MODULE_UTILS.rglob("*.py"))
    return {dotted(file): file for file in files}


def dotted(file: Path) -> str:
    """Give the name of a file's module below module_utils."""
    return ".".join(file.relative_to(MODULE_UTILS).with_suffix("").parts).removesuffix(".__init__")


def imports_of(file: Path) -> Iterator[Import]:
    """Name what a file of module_utils, or a module, imports, wherever in the file it does."""
    tree = ast.parse(file.read_text())
    folder = file.relative_to(MODULE_UTILS).parent.parts if MODULE_UTILS in file.parents else ()
    package = [*OWN, *folder]
    for node in ast.walk(tree):
        relative = isinstance(node, ast.ImportFrom) and node.level > 0
        for name in _names(node, package):
            own = name.startswith(f"{'.'.join(OWN)}.")
            below = name[len(".".join(OWN)) + 1 :] if own else name
            line = getattr(node, "lineno", 0)
            yield Import(file, line, below, own, relative, node in tree.body)


def _names(node: ast.AST, package: list[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        start = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*start, *filter(None, [node.module])])
        return [f"{base}.{alias.name}" for alias in node.names]
    return []
