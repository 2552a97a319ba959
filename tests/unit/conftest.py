# SPDX-License-Identifier: GPL-3.0-or-later
"""How unit tests draw their examples: the same on every machine, however loaded it is."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "everywhere",
    deadline=None,
    derandomize=True,  # to look for more is for "make chaos", and for who sets SWARMVAULT_EXAMPLES
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("everywhere")
