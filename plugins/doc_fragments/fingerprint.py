# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How values are compared without keeping them."""

    DOCUMENTATION = r"""
options:
  hash_key:
    description:
      - Key for the fingerprints of values, which are kept in a label to tell whether a value has
        changed. With it they are HMAC-SHA256, which nobody can test guesses against without
        knowing the key.
      - Without it they are scrypt with a random salt. This costs each guess, but also each
        comparison, some tens of milliseconds.
      - A key has at least 16 bytes, as a shorter one could be tried out. Make one with
        C(openssl rand -base64 32), or with the lookup P(ansible.builtin.password#lookup), and keep
        it. Fingerprints made with another one cannot be compared.
    type: str
"""
