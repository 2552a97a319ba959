# SPDX-License-Identifier: GPL-3.0-or-later
"""No module of ours imports, by whatever detour, one that imports it: not even for types only."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from tests.checks.imports import imports_of, modules


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {
        name: {found.module for found in imports_of(file) if found.is_own}
        for name, file in modules().items()
    }
    try:
        TopologicalSorter(graph).prepare()
        circle = []
    except CycleError as error:
        # graphlib names each before the one that imports it.
        circle = list(reversed(error.args[1]))
    assert circle == []
