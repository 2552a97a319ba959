# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets Python import the collection by its full name from a checkout at any path.

Modules import ``ansible_collections.swarmvault.secrets...``, which only resolves below a folder of
that shape; a link in .cache gives it one, wherever the checkout lies.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".cache" / "collections"


def link_collection() -> Path:
    """Make the link unless it is there; return the folder that belongs on the import path."""
    link = COLLECTIONS / "ansible_collections" / "swarmvault" / "secrets"
    link.parent.mkdir(parents=True, exist_ok=True)
    # The "ansible" package has a regular package of this name, which would hide a namespace one.
    (COLLECTIONS / "ansible_collections" / "__init__.py").touch()
    # Relative, so that it stays right when the checkout is moved; another worker may be faster.
    with contextlib.suppress(FileExistsError):
        link.symlink_to(os.path.relpath(ROOT, link.parent), target_is_directory=True)
    return COLLECTIONS


if __name__ == "__main__":
    link_collection()
