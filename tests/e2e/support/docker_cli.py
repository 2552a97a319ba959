# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command ``docker`` for playbooks: the one of a manager, which fits its engine.

What this machine has, if anything, is an accident: Debian's oldest refuses stack files that the
newest takes.
"""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

from testbed import Bed

if t.TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = Path(__file__).parents[2]
FILE_OPTION = "--compose-file"


def install(bed: Bed, directory: Path) -> None:
    """Write the command into a directory that is to stand first in PATH."""
    program = directory / "docker"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        f"sys.path[:0] = [{str(TESTS)!r}, {str(TESTS.parent)!r}]\n"
        "from tests.e2e.support.docker_cli import run_on_manager\n"
        f"sys.exit(run_on_manager({bed.name!r}, sys.argv[1:]))\n"
    )
    program.chmod(0o755)


def run_on_manager(bed_name: str, arguments: Sequence[str]) -> int:
    """Run the command line of the first manager, with the file that an option names."""
    bed = Bed.find(bed_name)
    if bed is None:
        raise SystemExit(f"there is no bed {bed_name!r}")
    manager = bed.managers[0]
    words = list(arguments)
    if FILE_OPTION in words:
        position = words.index(FILE_OPTION) + 1
        there = f"/root/{Path(words[position]).name}"
        manager.put(there, Path(words[position]).read_bytes())
        words[position] = there
    done = manager.exec(["docker", *words], check=False)
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode
