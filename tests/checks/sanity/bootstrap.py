# SPDX-License-Identifier: GPL-3.0-or-later
"""Gets ansible-test the get-pip.py that it would download, or a stand-in where it could not."""

from __future__ import annotations

import re
import shutil
import urllib.request
from pathlib import Path

STAND_IN = Path(__file__).with_name("get_pip.py")
PATIENCE = 20.0


def provide_get_pip(ansible_test: Path) -> None:
    """Fill the cache of the given ``ansible_test`` package, unless it is filled."""
    version = _found(r"pip='([\d.]+)'", ansible_test / "_internal" / "python_requirements.py")
    script = ansible_test / "_util" / "target" / "setup" / "requirements.py"
    address = _found(r"url = '(https://[^']+)%s\.py'", script) + f"{version}.py"

    cached = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    if cached.exists():
        return
    cached.parent.mkdir(parents=True, exist_ok=True)
    partial = cached.with_suffix(".partial")
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 # https, see above
            partial.write_bytes(answer.read())
    except OSError:
        shutil.copyfile(STAND_IN, partial)
    partial.replace(cached)


def _found(pattern: str, file: Path) -> str:
    match = re.search(pattern, file.read_text())
    if not match:
        raise LookupError(
            f"{file} no longer has {pattern!r}: adapt {__file__} to this ansible-core"
        )
    return match[1]
