# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``ansible_collections.swarmvault.secrets`` importable in every test, before collection."""

from __future__ import annotations

import sys

from tests.collection_path import link_collection

sys.path.insert(0, str(link_collection()))
