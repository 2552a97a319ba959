# SPDX-License-Identifier: GPL-3.0-or-later
"""An execution environment is made from what the collection says of itself."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from tests.checks.tools import FQCN, run_tool
from tests.collection_path import COLLECTIONS, ROOT
from tests.e2e.support.documented import guide_blocks

if t.TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def definition() -> str:
    """The one that the guide shows."""
    found = [block for block in guide_blocks("guide_awx", "yaml") if "base_image" in block]
    assert len(found) == 1
    return found[0]


def test_the_guides_definition_is_one_that_ansible_builder_takes(
    definition: str, tmp_path: Path
) -> None:
    file = tmp_path / "execution-environment.yml"
    file.write_text(definition)
    context = tmp_path / "context"
    create = ["ansible-builder", "create", "--output-filename", "Containerfile"]
    run_tool(*create, "-f", file, "-c", context)
    base = yaml.safe_load(definition)["images"]["base_image"]["name"]
    assert f'ARG EE_BASE_IMAGE="{base}"' in (context / "Containerfile").read_text()
    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text())
    assert {"name": FQCN} in wanted["collections"]


def test_ansible_builder_finds_what_the_collection_needs() -> None:
    told = run_tool("ansible-builder", "introspect", COLLECTIONS)
    needs = yaml.safe_load(told.split("---", 1)[1])
    listed = (ROOT / "requirements.txt").read_text().splitlines()
    python = [line for line in listed if line and not line.startswith("#")]
    by_us = f"  # from collection {FQCN}"
    assert needs["python"] == [f"{line}{by_us}" for line in python]
    assert f"openssh-clients [platform:rpm]{by_us}" in needs["system"]
