# SPDX-License-Identifier: GPL-3.0-or-later
"""No check is switched off silently: an exemption in the code gives its reason beside it."""

from __future__ import annotations

import re

from tests.checks.sources import source_files, text_of
from tests.collection_path import ROOT

# Spelled in two parts, so that this file does not find itself.
EXEMPTION = re.compile("#[ ](?:type: " + r"ignore|no" + r"qa|pylint: dis" + r"able)\b(?P<rest>.*)")
WITH_CODE_AND_REASON = re.compile(
    r"(?:\[[\w, -]+\]|: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*|=[\w,-]+) +[#-] \w+"
)


def test_no_sanity_test_is_ignored() -> None:
    assert [file.name for file in ROOT.glob("tests/sanity/ignore*")] == []


def test_every_exemption_gives_its_reason() -> None:
    bare = [
        f"{file}:{number}: {line.strip()}"
        for file in source_files()
        if file.suffix == ".py"
        for number, line in enumerate((text_of(file) or "").splitlines(), 1)
        if (found := EXEMPTION.search(line)) and not WITH_CODE_AND_REASON.match(found["rest"])
    ]
    assert bare == []
