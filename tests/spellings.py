# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to write ``auth/token/lookup-self`` that a filter may overlook, and something may undo."""

from __future__ import annotations

#: Some of them OpenBao takes for what they mean, the others a proxy in front of it might.
SPELLINGS = (
    "/auth/token/lookup-self",
    "//auth//token/lookup-self",
    "./auth/token/lookup-self",
    "secret/../auth/token/lookup-self",
    "secret/x/../../auth/token/lookup-self",
    "../auth/token/lookup-self",
    "secret/%2e%2e/auth/token/lookup-self",
    "%61uth/token/lookup-self",
    "%2561uth/token/lookup-self",
    "auth%2Ftoken%2flookup-self",
    "AUTH/token/lookup-self",
    "Auth/Token/lookup-self",
    " auth/token/lookup-self",
    "auth /token/lookup-self",
    "auth\\token\\lookup-self",
    "secret/../sys/internal/counters/tokens",
    "SYS/mounts",
    "%73ys/mounts",
    "Identity/entity/id",
    "cubbyhole%2Fmine",
)
