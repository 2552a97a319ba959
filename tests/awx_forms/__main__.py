# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the forms."""

from __future__ import annotations

import sys

from tests.collection_path import link_collection, link_plugin

sys.path.insert(0, str(link_collection()))
sys.path.insert(1, str(link_plugin()))

from tests.awx_forms import make

make.FORMS.write_text(make.text(), encoding="utf-8")
