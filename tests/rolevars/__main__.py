# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m rolevars: write the lists of the role's variables."""

from __future__ import annotations

import rolevars

for file, text in rolevars.wanted().items():
    if file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file.relative_to(rolevars.ROOT)}")
