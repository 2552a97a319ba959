# SPDX-License-Identifier: GPL-3.0-or-later
"""make bench. Makes the collection importable first, as conftest.py does for the tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.collection_path import link_collection

sys.path.insert(0, str(link_collection()))
