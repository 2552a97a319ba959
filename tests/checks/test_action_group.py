# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module is in the action group, so that module_defaults reaches all of them."""

from __future__ import annotations

import yaml

from tests.collection_path import ROOT


def test_action_group_lists_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    modules = sorted(module.stem for module in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
    assert runtime["action_groups"]["all"] == modules
