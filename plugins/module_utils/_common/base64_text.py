# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes that are written as text, in Vault or in a playbook."""

from __future__ import annotations

import base64
import binascii

from . import secret_value


def decoded(text: str) -> secret_value.SecretValue | None:
    """Return the bytes that base64 stands for; None where it is not base64.

    Line breaks and blanks are what encoders put between groups; anything else is not base64. No
    exception is raised, since the decoder's own could hold the value.
    """
    try:
        return secret_value.SecretValue(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        return None
