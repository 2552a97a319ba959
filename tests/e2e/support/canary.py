# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random values that must never show up anywhere, and where to look for them."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import typing as t
import urllib.parse
from pathlib import Path

if t.TYPE_CHECKING:
    from testbed import Node

PATTERNS = "/opt/canary-patterns"
#: Where a node may keep what a run left: logs, temporary files, homes, the output of containers.
#: The secrets of running containers lie in memory below /var/lib/docker, where they belong.
PLACES = ("/etc", "/home", "/root", "/tmp", "/var/log", "/var/tmp", "/var/lib/docker/swarm")


class Canaries:
    """Values to look for, in each form that a value may take on its way out."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[str, ...]] = {}

    def value(self, what: str, prefix: str = "") -> str:
        """Return a new random value.

        :param what: what it is called when it is found.
        :param prefix: how it has to begin, for instance ``bad`` for the test application.
        """
        value = f"{prefix}{secrets.token_hex(16)}"
        self.watch(what, value)
        return value

    def lines(self, what: str, prefix: str = "") -> str:
        """Return a value of several lines with quotes, of which each line is looked for.

        Where such a text is quoted, as Python or JSON do, it is not found as a whole.
        """
        value = f"{prefix}{self.value(what)}\n'\"\\ {self.value(what)}\n"
        self.watch(what, value)
        return value

    def watch(self, what: str, value: str) -> None:
        """Look for a value that somebody else made."""
        raw = value.encode()
        digests = (hashlib.new(name, raw) for name in ("md5", "sha1", "sha224", "sha256", "sha512"))
        self._forms[f"{what} #{len(self._forms)}"] = (
            value,
            urllib.parse.quote(value),
            raw.hex(),
            *_base64(raw),
            # Of a password, a bare digest can be found by guessing.
            *(digest.hexdigest() for digest in digests),
        )

    def found_in(self, text: str | bytes) -> list[str]:
        """Return the names of the values that a text shows."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", errors="replace")
        return [what for what, forms in self._forms.items() if any(form in text for form in forms)]

    def found_below(self, directory: Path) -> dict[str, list[str]]:
        """Return the files below a directory of this machine that show a value."""
        files = [path for path in directory.rglob("*") if path.is_file() and not path.is_symlink()]
        found = {str(path): self.found_in(path.read_bytes()) for path in files}
        return {path: names for path, names in found.items() if names}

    def _lines(self) -> list[str]:
        """Return all forms that stand on one line: an empty line would match everything."""
        forms = {form for forms in self._forms.values() for form in forms}
        return sorted(form for form in forms if form and "\n" not in form)

    def found_on(self, node: Node, places: t.Sequence[str] = PLACES) -> str:
        """Return the files below places, and journal lines, of a node that show a value."""
        # By file: what is looked for must not stand in the list of processes either.
        node.put(PATTERNS, "\n".join(self._lines()))
        script = (
            f'grep -rlaF -D skip -f {PATTERNS} "$@" 2>/dev/null;'
            f" grep -rlaF -f {PATTERNS} --include='*-json.log' /var/lib/docker/containers;"
            f" command -v journalctl >/dev/null &&"
            f" journalctl --no-pager --all --output=verbose 2>/dev/null | grep -aF -f {PATTERNS};"
            f" rm {PATTERNS}"
        )
        return str(node.exec(["sh", "-c", script, "sh", *places], check=False).stdout)


def _base64(raw: bytes) -> tuple[str, ...]:
    """Return what base64 makes of the bytes at each place in a longer text, without the ends."""
    found = []
    for before, dirty in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        whole = (before + len(raw)) // 3 * 4
        found.append(encoded[dirty:whole])
    return tuple(found)


class ProcessWatch:
    """Notes arguments and environment of every process of this machine, nodes included."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._seen: dict[int, set[bytes]] = {}

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def seen(self) -> str:
        """Everything that was seen."""
        parts = {part for found in self._seen.values() for part in found}
        return b"\n".join(parts).replace(b"\0", b" ").decode(errors="replace")

    def _watch(self) -> None:
        while not self._stop.wait(0.03):
            for process in Path("/proc").glob("[0-9]*"):
                self._note(process)

    def _note(self, process: Path) -> None:
        found = self._seen.setdefault(int(process.name), set())
        try:
            arguments = (process / "cmdline").read_bytes()
            # The environment changes only together with the arguments, by exec.
            if arguments not in found:
                found.update((arguments, (process / "environ").read_bytes()))
        except OSError:
            pass  # it has ended
