# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the forms that AWX shows, surveys and a credential's fields, from what the options say."""

from __future__ import annotations
