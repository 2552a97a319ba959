# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate authority in OpenBao, at ``pki/``."""

from __future__ import annotations

import contextlib
import typing as t

if t.TYPE_CHECKING:
    from testbed import OpenBao


@contextlib.contextmanager
def authority(bao: OpenBao) -> t.Iterator[None]:
    """Mount it with a role ``web``, and a role ``leased`` whose certificates have leases."""
    client = bao.client()
    if "pki/" in client.sys.list_mounted_secrets_engines()["data"]:
        client.sys.disable_secrets_engine("pki")  # of a run that was broken off
    client.sys.enable_secrets_engine("pki", config={"max_lease_ttl": "9000h"})
    client.write("pki/root/generate/internal", common_name="Root", ttl="8760h")
    role = {"allow_any_name": True, "key_type": "ec", "key_bits": 256, "max_ttl": "720h"}
    client.write("pki/roles/web", **role)
    client.write("pki/roles/leased", **role, generate_lease=True)
    yield
    client.sys.disable_secrets_engine("pki")
