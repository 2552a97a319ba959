# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets Python import the collection by its full name from a checkout at any path.

Modules import ``ansible_collections.swarmvault.secrets...``, which only resolves below a folder of
that shape; a link in .cache gives it one, wherever the checkout lies. More stand for what the Docker
plugin carries: its own package, and the core under the name that its build gives the copy; and for
that build.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".cache" / "collections"
PLUGIN = ROOT / ".cache" / "plugin"
PLUGIN_PACKAGES = {
    "builder": ROOT / "secretprovider" / "builder",
    "swarmvault_core": ROOT / "plugins" / "module_utils",
    "swarmvault_secretprovider": ROOT / "secretprovider" / "swarmvault_secretprovider",
}


def link_collection() -> Path:
    """Make the link unless it is there; return the folder that belongs on the import path."""
    link = COLLECTIONS / "ansible_collections" / "swarmvault" / "secrets"
    link.parent.mkdir(parents=True, exist_ok=True)
    # The "ansible" package has a regular package of this name, which would hide a namespace one.
    (COLLECTIONS / "ansible_collections" / "__init__.py").touch()
    _link(link, ROOT)
    return COLLECTIONS


def link_plugin() -> Path:
    """Make the links of the Docker plugin's packages; return the folder for the import path."""
    PLUGIN.mkdir(parents=True, exist_ok=True)
    for name, folder in PLUGIN_PACKAGES.items():
        _link(PLUGIN / name, folder)
    return PLUGIN


def _link(link: Path, folder: Path) -> None:
    # Relative, so that it stays right when the checkout is moved; another worker may be faster.
    with contextlib.suppress(FileExistsError):
        link.symlink_to(os.path.relpath(folder, link.parent), target_is_directory=True)


if __name__ == "__main__":
    link_collection()
    link_plugin()
