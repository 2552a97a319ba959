# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role says of its variables, it says once."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.plugin_utils import _role_request

import rolevars
from tests.collection_path import ROOT


def test_the_lists_of_variables_are_up_to_date() -> None:
    """Remedy: make format."""
    stale = [
        str(file.relative_to(ROOT))
        for file, text in rolevars.wanted().items()
        if file.read_text(encoding="utf-8") != text
    ]
    assert stale == []


def test_the_defaults_are_those_that_are_described() -> None:
    defaults = yaml.safe_load((rolevars.ROLE / "defaults" / "main.yml").read_text())
    described = {name: spec["default"] for name, spec in rolevars.options().items()}
    assert defaults == described


@pytest.mark.parametrize("name", rolevars.options())
def test_every_variable_is_used(name: str) -> None:
    short = name.removeprefix(_role_request.PREFIX)
    used = re.compile(rf"(secretprovider_wanted\.|wanted\[\"){short}\b")
    texts = [path.read_text() for path in rolevars.ROLE.rglob("*.yml")]
    texts += [path.read_text() for path in rolevars.ROLE.rglob("*.j2")]
    logic = ROOT / "plugins" / "plugin_utils"
    texts += [
        path.read_text() for path in (logic / "_role_request.py", *logic.glob("_schedule/*.py"))
    ]
    assert any(used.search(text) for text in texts)


def test_the_role_takes_the_variables_of_the_readme() -> None:
    shown = re.findall(
        r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    (block,) = [text for text in shown if text.startswith(_role_request.PREFIX)]
    declared = json.loads((ROOT / "secretprovider" / "config.json").read_text())
    read = _role_request.read(yaml.safe_load(block), rolevars.options(), declared)
    assert read["problems"] == []
    assert read["wanted"]["rotation"] == "plugin"
