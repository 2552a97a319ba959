# SPDX-License-Identifier: GPL-3.0-or-later
"""No module of ours imports, by whatever detour, one that imports it."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from tests.checks.imports import imports_of, modules

#: Imports for types only that still close a circle, by what importer and imported begin with: none
#: may be added.
REMAINING = {
    "_rotation.observe.state": "_rotation.observe.renewal",
}


def remains(importer: str, imported: str) -> bool:
    return any(
        importer.startswith(one) and imported.startswith(other) for one, other in REMAINING.items()
    )


def circle(*, types_too: bool) -> list[str]:
    """Give one circle, from a module back to itself; empty where there is none."""
    graph = {
        name: {
            found.module
            for found in imports_of(file)
            if found.is_own
            and not (found.is_for_types and (not types_too or remains(name, found.module)))
        }
        for name, file in modules().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # graphlib names each before the one that imports it.
        return list(reversed(error.args[1]))
    return []


def test_no_module_imports_itself_by_a_detour() -> None:
    assert circle(types_too=False) == []


def test_no_module_needs_the_types_of_one_that_imports_it() -> None:
    assert circle(types_too=True) == []
