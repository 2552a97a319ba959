# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin consists of beside its base: its package, the collection's core, libraries."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from . import commands
from .errors import BuildError

FOLDER = Path(__file__).resolve().parent.parent
"""``secretprovider/``, in a checkout or in an installed collection."""

PACKAGE = "swarmvault_secretprovider"
CORE = "swarmvault_core"
#: Of the core, what needs Ansible, and what installs the plugin.
WITHOUT = ("_ansible", "_plugin")

#: What pip adds to what is in a wheel: it tells of this machine, and of how pip was called.
BY_PIP = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def stage(target: Path) -> None:
    """Put everything that goes into one folder of the plugin, ``/opt/secretprovider``, together.

    :param target: a folder that is not there yet; it becomes what ``sys.path`` needs.
    :raises BuildError: this folder is not whole, or pip cannot be used.
    """
    core = FOLDER.parent / "plugins" / "module_utils"
    licence = FOLDER.parent / "LICENSE"
    for needed in (FOLDER / PACKAGE, FOLDER / "wheels", core, licence):
        if not needed.exists():
            raise BuildError(
                f"{needed} is missing.",
                "Run build where it belongs: in the folder secretprovider/ of the whole collection "
                "swarmvault.secrets, such as ansible-galaxy installs it.",
            )
    _install_libraries(target)
    unneeded = shutil.ignore_patterns("__pycache__", *WITHOUT)
    shutil.copytree(FOLDER / PACKAGE, target / PACKAGE, ignore=unneeded)
    shutil.copytree(core, target / CORE, ignore=unneeded)
    shutil.copy(licence, target / "LICENSE")


def _install_libraries(target: Path) -> None:
    """Unpack the wheels, each checked against its hash; no network, nothing of this machine."""
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]
    options = ["--no-index", f"--find-links={FOLDER / 'wheels'}", "--require-hashes"]
    # Without dependencies: all are listed, also those that only an older Python than this needs.
    options += ["--no-deps", "--only-binary=:all:", "--no-compile", "--no-cache-dir"]
    wanted = ["--requirement", str(FOLDER / "requirements.txt"), "--target", str(target)]
    commands.run(
        [*pip, "install", "--quiet", *options, *wanted],
        f"The libraries are unpacked with pip. Where {sys.executable} has none, install it (on "
        "Debian: apt-get install python3-pip), or name an interpreter that has it: "
        "PYTHON=/path/to/python3 build …",
    )
    # Programs, whose first line names this machine's interpreter.
    shutil.rmtree(target / "bin", ignore_errors=True)
    for name in BY_PIP:
        for file in target.glob(f"*.dist-info/{name}"):
            file.unlink()
