# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refresh the plugin's libraries: ``python -m wheels`` (``make wheels``), with a network.

Writes ``secretprovider/wheels/*.whl``, the pins and hashes of ``requirements.txt``, and who made
each under which licence.
"""

from __future__ import annotations

import email.parser
import hashlib
import shutil
import subprocess
import sys
import tempfile
import typing as t
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PLUGIN = ROOT / "secretprovider"

#: What the plugin imports, and what that needs on any Python from OLDEST on.
NAMES = (
    "certifi",
    "charset-normalizer",
    "docker",
    "hvac",
    "idna",
    "prometheus-client",
    "requests",
    "structlog",
    "typing-extensions",
    "urllib3",
    "waitress",
)
#: The newest of each that still supports this Python, and in its pure-Python form.
OLDEST = "3.9"
PURE = ["--python-version", OLDEST, "--implementation", "py", "--abi", "none", "--platform", "any"]

#: Licences that a wheel tells in other words, if any, than those of SPDX.
LICENCES = {
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "MIT License": "MIT",
    "ZPL 2.1": "ZPL-2.1",
}

REQUIREMENTS = """\
# SPDX-License-Identifier: GPL-3.0-or-later
# The libraries in the plugin, each with the hash of its file in wheels/. Written by "make wheels".
"""
NOTICE = """\
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
# Libraries of others

The plugin's libraries, exactly as their authors published them: pure Python, so the same files do \
for every architecture and every Python from {oldest} on. `build` unpacks them; `requirements.txt` \
pins each by its hash. Each file contains the text of its licence. Written by `make wheels`.

| file | licence |
|---|---|
"""


def main() -> None:
    """Replace the wheels with the newest, and what is written about them."""
    with tempfile.TemporaryDirectory() as folder:
        download = ["download", "--quiet", "--no-deps", "--only-binary=:all:", *PURE]
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, *download, "--dest", folder, *NAMES], check=True)
        for old in (PLUGIN / "wheels").glob("*.whl"):
            old.unlink()
        for new in Path(folder).glob("*.whl"):
            shutil.move(new, PLUGIN / "wheels" / new.name)
    wheels = sorted((PLUGIN / "wheels").glob("*.whl"))
    (PLUGIN / "requirements.txt").write_text(requirements(wheels), encoding="utf-8")
    (PLUGIN / "wheels" / "README.md").write_text(notice(wheels), encoding="utf-8")


def requirements(wheels: t.Iterable[Path]) -> str:
    """Return the pins and hashes of these wheels."""
    lines = [REQUIREMENTS]
    for wheel in wheels:
        found = metadata(wheel)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{found['Name']}=={found['Version']} --hash=sha256:{digest}\n")
    return "".join(lines)


def notice(wheels: t.Iterable[Path]) -> str:
    """Return the page that tells the licence of each."""
    rows = [f"| {wheel.name} | {licence(metadata(wheel))} |\n" for wheel in wheels]
    return NOTICE.format(oldest=OLDEST) + "".join(rows)


def metadata(wheel: Path) -> dict[str, str]:
    """Return what a wheel says about itself; of what it says several times, the lines."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        message = email.parser.Parser().parsestr(archive.read(name).decode(), headersonly=True)
    return {key: "\n".join(map(str, message.get_all(key) or ())) for key in message}


def licence(found: t.Mapping[str, str]) -> str:
    """Return a wheel's licence in the words of SPDX (https://spdx.org/licenses/)."""
    told = found.get("License-Expression") or found.get("License", "")
    if not told:
        classifiers = found.get("Classifier", "").splitlines()
        (told,) = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License")]
    return LICENCES.get(told, told)


if __name__ == "__main__":
    main()
