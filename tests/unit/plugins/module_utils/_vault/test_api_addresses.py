# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses as the documentation of the API shows them."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault import parse


@pytest.mark.case("V12")
@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://vault:8200/v1", "https://vault:8200"),
        ("https://vault:8200/v1/", "https://vault:8200"),
        ("https://proxy/some/vault//v1", "https://proxy/some/vault"),
        ("https://proxy/v1/vault", "https://proxy/v1/vault"),
        ("https://proxy/env1", "https://proxy/env1"),
        ("https://v1", "https://v1"),  # a host of that name
    ],
)
def test_what_every_path_of_the_api_begins_with_is_no_part_of_the_address(
    given: str, taken: str
) -> None:
    assert parse.url(given, "vault_url") == taken
