# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the testbed keeps things, and the few environment variables that change it."""

from __future__ import annotations

import os
import pathlib
import re

from testbed.errors import BedError

LABEL = "swarmvault.testbed"
"""Label on every container, network and volume; its value is the name of the bed."""

FILES = pathlib.Path(__file__).parent / "files"


def state_dir() -> pathlib.Path:
    """What lives as long as a bed: keys, sockets, process ids. Gone after a reboot, as the beds are."""
    configured = os.environ.get("TESTBED_STATE")
    if configured:
        path = pathlib.Path(configured)
    elif os.geteuid() == 0:
        path = pathlib.Path("/run/swarmvault-testbed")
    else:
        path = (
            pathlib.Path(
                os.environ.get("XDG_RUNTIME_DIR", f"/tmp/swarmvault-testbed-{os.geteuid()}")
            )
            / "swarmvault-testbed"
        )
    return _private(path)


def cache_dir() -> pathlib.Path:
    """What is dear to make and stays: root file systems of the nodes, wheels, the own engine's images."""
    configured = os.environ.get("TESTBED_CACHE")
    if configured:
        return _private(pathlib.Path(configured))
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return _private(base / "swarmvault-testbed")


def beds_dir() -> pathlib.Path:
    return _private(state_dir() / "beds")


def vaults_dir() -> pathlib.Path:
    return _private(state_dir() / "vaults")


def check_name(name: str) -> str:
    """Names become host names, container names and folders."""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", name):
        raise BedError(
            f"{name!r} cannot name a testbed: use up to 32 of a-z, 0-9 and '-', no '-' at either end"
        )
    return name


def mirror() -> str | None:
    """The Debian mirror for node images: TESTBED_MIRROR, else what this system's apt uses, else debootstrap's default."""
    configured = os.environ.get("TESTBED_MIRROR")
    if configured:
        return configured
    for source in sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*.sources")) + sorted(
        pathlib.Path("/etc/apt/sources.list.d").glob("*.list")
    ):
        found = _debian_uri(source.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found
    main = pathlib.Path("/etc/apt/sources.list")
    return (
        _debian_uri(main.read_text(encoding="utf-8", errors="replace")) if main.exists() else None
    )


def _debian_uri(text: str) -> str | None:
    """The first archive in an apt source file whose path is Debian's own ('…/debian')."""
    for match in re.finditer(r"^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+)", text, flags=re.MULTILINE):
        uri = match.group(1).rstrip("/")
        if uri.endswith("/debian"):
            return uri
    return None


def _private(path: pathlib.Path) -> pathlib.Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
