# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the role's variables, made from its argument specification: the README's table, and what
the playbooks say of themselves. ``make format`` writes them; a check looks that they are true.
"""

from __future__ import annotations

import json
import re
import textwrap
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
ROLE = ROOT / "roles" / "secretprovider"
README = ROLE / "README.md"
PLAYBOOKS = ("install", "remove")
#: What removing has no use for.
NOT_TO_REMOVE = {
    "source",
    "base_image",
    "settings",
    "credentials",
    "secret_id_wrapped",
    "enable_timeout",
    "wait_timeout",
    "force",
    "check_vault",
    "interval",
}
PREFIX = "secretprovider_"
WIDTH = 100
BEGIN = "<!-- variables: made by make format from meta/argument_specs.yml -->"
END = "<!-- end of the variables -->"
BEGIN_LIST = "# Variables of the role (made by make format from its argument specification):\n#\n"
END_LIST = "#\n# End of the variables.\n"

Options = dict[str, dict[str, t.Any]]


def options() -> Options:
    """Return the role's options."""
    text = (ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    found: Options = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    return found


def wanted() -> dict[Path, str]:
    """Return each file with a list as it has to be."""
    specs = options()
    readme = _between(README.read_text(encoding="utf-8"), BEGIN, END, f"\n{_table(specs)}\n")
    found = {README: readme}
    for name in PLAYBOOKS:
        file = ROOT / "playbooks" / f"{name}.yml"
        listed = _listed({key: spec for key, spec in specs.items() if _is_for(name, key)})
        text = file.read_text(encoding="utf-8")
        found[file] = _between(text, BEGIN_LIST, END_LIST, listed)
    return found


def _is_for(playbook: str, name: str) -> bool:
    short = name.removeprefix(PREFIX)
    return short != "state" and (playbook == "install" or short not in NOT_TO_REMOVE)


def _between(text: str, begin: str, end: str, content: str) -> str:
    before, found, rest = text.partition(begin)
    _old, ended, after = rest.partition(end)
    assert found, f"{begin!r} is not there"
    assert ended, f"{end!r} is not there"
    return f"{before}{begin}{content}{end}{after}"


def _table(specs: Options) -> str:
    lines = ["| variable | meaning | default |", "|---|---|---|"]
    for name, spec in specs.items():
        meaning = " ".join(_sentences(spec, r"`\1`"))
        default = json.dumps(spec["default"]) if spec["default"] not in ("", {}, []) else ""
        shown = f"`{default.strip(chr(34))}`" if default else ""
        lines.append(f"| `{name}` | {meaning} | {shown} |")
    return "\n".join(lines)


def _listed(specs: Options) -> str:
    """Return comments: the name, and the first paragraph of what it means."""
    lines = []
    for name, spec in specs.items():
        lines.append(f"#   {name}")
        text = _sentences(spec, r"\1")[0]
        indent = f"#{' ' * 10}"
        lines.append(
            textwrap.fill(
                text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
            )
        )
    return "\n".join(lines) + "\n"


def _sentences(spec: dict[str, t.Any], code: str) -> list[str]:
    """Return the paragraphs of a description, with Ansible's markup as something else."""
    texts = spec["description"]
    texts = [texts] if isinstance(texts, str) else texts
    return [re.sub(r"\b[COV]\(([^)]*)\)", code, text) for text in texts]
