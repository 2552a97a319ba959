# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz for some time, or try one input again: ``make chaos``, ``make chaos ARGS=<file>``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from chaos.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "chaos"
#: What was found out about the product by earlier runs, so that the next one goes on from there.
KEPT = ROOT / ".cache" / "chaos" / "corpus"
FAILED = ROOT / "build" / "chaos"


def main() -> int:
    """Do what is asked; the exit code is that of a test."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("seconds", type=int, help="for how long, all told (make chaos SECONDS=120)")
    parser.add_argument(
        "what", nargs="?", default="", help=f"a file to try again, or one of {', '.join(TARGETS)}"
    )
    asked = parser.parse_args()
    if asked.what and asked.what not in TARGETS:
        return replay(ROOT / asked.what)
    wanted = [asked.what] if asked.what else list(TARGETS)
    return max([fuzz(name, max(1, asked.seconds // len(wanted))) for name in wanted])


def replay(file: Path) -> int:
    """Try one input again; its name tells the target, or else its folder."""
    if not file.is_file():
        print(f"chaos: {file} is no file, and not one of {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    names = [n for n in TARGETS if file.name.startswith(f"{n}-") or file.parent.name == n]
    for name in names or TARGETS:
        print(f"chaos: {name} with {file.read_bytes()!r}", flush=True)
        TARGETS[name](file.read_bytes())
    print("chaos: nothing is wrong with it")
    return 0


def fuzz(name: str, seconds: int) -> int:
    """Fuzz one target in a process of its own: libFuzzer ends the one it runs in."""
    kept = KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    FAILED.mkdir(parents=True, exist_ok=True)
    before = _written()
    print(f"chaos: {name} for {seconds} s", flush=True)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "chaos.fuzz",
            name,
            f"-max_total_time={seconds}",
            "-timeout=10",
            "-max_len=8192",
            "-print_final_stats=1",
            f"-dict={HERE / 'words.dict'}",
            f"-artifact_prefix={FAILED / name}-",
            str(kept),
            str(HERE / "corpus" / name),
        ],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        check=False,
    )
    for file, _when in sorted(_written() - before):
        where = file.relative_to(ROOT)
        print(f"chaos: {name} fails with {file.read_bytes()!r}", file=sys.stderr)
        print(f"chaos: to try it again: make chaos ARGS={where}", file=sys.stderr)
    return 1 if done.returncode else 0


def _written() -> set[tuple[Path, int]]:
    """Return the inputs that failed, and when: one that fails again is written again."""
    return {(file, file.stat().st_mtime_ns) for file in FAILED.iterdir()}


if __name__ == "__main__":
    sys.exit(main())
