# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation promises, to compare with what modules do."""

from __future__ import annotations

import json
import re
import textwrap
import typing as t

import yaml

from tests.collection_path import ROOT
from tests.e2e.support.controller import BIN, MODULE

if t.TYPE_CHECKING:
    from tests.e2e.support.controller import Controller, TaskResult

Returns = dict[str, dict[str, t.Any]]

#: Documented by Ansible, for every module, and what it adds for "failed_when".
COMMON = {
    *("changed", "deprecations", "diff", "exception", "failed", "invocation", "warnings"),
    "failed_when_result",
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "dict": dict,
    "float": (int, float),
    "int": int,
    "list": list,
    "str": str,
}


def documentation(
    controller: Controller, name: str = MODULE, kind: str = "module"
) -> dict[str, t.Any]:
    """Return what ``ansible-doc`` tells of a plugin: ``doc``, ``examples``, ``return``."""
    shown = controller.call([str(BIN / "ansible-doc"), "-t", kind, "--json", name])
    return t.cast("dict[str, t.Any]", json.loads(shown)[name])


def differences(task: TaskResult, returns: Returns) -> list[str]:
    """Say where return values are not as documented."""
    values = {key: value for key, value in task.result.items() if not key.startswith("_ansible_")}
    later = {key for key, spec in returns.items() if spec["returned"] != "always"}
    # It failed before anything could be done.
    ended_early = task.failed and not later & values.keys()
    found = [f"{key} is not documented" for key in values.keys() - returns.keys() - COMMON]
    for key, spec in returns.items():
        if key in values:
            found += _type_differences(key, values[key], spec)
        elif key not in later or not ended_early:
            found.append(f"{key} is documented, but not returned")
    return found


def _type_differences(path: str, value: t.Any, spec: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if value is None:
        if "Null" not in json.dumps(spec["description"]):
            yield f"{path} is null, which is not documented"
        return
    if not isinstance(value, TYPES[spec["type"]]) or (value is True and spec["type"] != "bool"):
        yield f"{path} is no {spec['type']}"
        return
    if spec["type"] != "list":
        return
    for item in value:
        if not isinstance(item, TYPES[spec["elements"]]):
            yield f"an item of {path} is no {spec['elements']}"
        elif "contains" in spec:
            yield from _item_differences(path, item, spec["contains"])


def _item_differences(path: str, item: dict[str, t.Any], specs: Returns) -> t.Iterator[str]:
    # What is not always there says when.
    always = {key for key, spec in specs.items() if not spec.get("returned")}
    if not always <= item.keys() <= specs.keys():
        yield f"an item of {path} has {sorted(item)}, documented are {sorted(specs)}"
        return
    for key, value in item.items():
        yield from _type_differences(f"{path}[].{key}", value, specs[key])


def fenced(language: str) -> list[str]:
    """Return the blocks of code in the README, in their order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def guide_plays(guide: str = "guide_rotation") -> list[dict[str, t.Any]]:
    """Return the plays that a guide shows."""
    loaded = [yaml.safe_load(block) for block in guide_blocks(guide, "yaml")]
    items = [item for block in loaded if isinstance(block, list) for item in block]
    return [item for item in items if "hosts" in item]


def guide_blocks(guide: str, language: str) -> list[str]:
    """Return the blocks of code that a guide shows, in their order."""
    text = (ROOT / "docs" / "docsite" / "rst" / f"{guide}.rst").read_text(encoding="utf-8")
    pattern = rf"^\.\. code-block:: {re.escape(language)}\n\n((?:    .*\n|\n)+)"
    return [textwrap.dedent(block) for block in re.findall(pattern, text, flags=re.MULTILINE)]
