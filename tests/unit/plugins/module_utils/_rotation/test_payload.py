# SPDX-License-Identifier: GPL-3.0-or-later
"""What a version holds."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.payload import (
    same_driver,
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("shelf", "shelf:latest", True),
        ("registry.example:5000/shelf", "registry.example:5000/shelf:latest", True),
        ("shelf:1", "shelf", False),
        ("shelf", "drawer", False),
        (None, "", True),
        ("", "shelf", False),
        (None, "latest", False),
    ],
)
def test_one_driver_may_be_called_with_its_tag_or_without(
    one: str | None, other: str | None, same: bool
) -> None:
    for pair in ((one, other), (other, one)):
        assert same_driver(*pair) is same
