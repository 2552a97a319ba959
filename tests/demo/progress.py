# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says what is waited for, and for how long, so that nobody looks at a screen that stands still."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import typing as t

from testbed.system import telling

#: Seconds. A shorter wait needs no word.
QUIET = 2.0
#: Seconds between two lines where a line cannot be written over: in a file, in CI.
EVERY = 10.0
_LOOK = 0.25
_ERASE = "\r\033[K"


class Progress:
    """What is to be written about one wait as it goes on.

    :param what: is waited for.
    :param terminal: whether a line can be written over.
    """

    def __init__(self, what: str, *, terminal: bool) -> None:
        self._what = what
        self._terminal = terminal
        self._drawn = False
        self._next = QUIET

    def after(self, seconds: float) -> str:
        """Return what to write now, after so many seconds of waiting; often nothing."""
        if seconds < self._next:
            return ""
        line = f"   .. {self._what}: {seconds:.0f} s"
        if self._terminal:
            self._drawn = True
            self._next = float(int(seconds) + 1)
            return f"{_ERASE}{line}"
        self._next = seconds - seconds % EVERY + EVERY
        return f"{line}\n"

    def turn_to(self, what: str) -> str:
        """Go on with the next thing that is waited for; return what to write, once, about it."""
        self._what = what
        return f"{self.end()}   .. {what}\n"

    def end(self) -> str:
        """Return what makes way for the next line."""
        drawn, self._drawn = self._drawn, False
        return _ERASE if drawn else ""


@contextlib.contextmanager
def waiting(what: str, out: t.TextIO | None = None) -> t.Iterator[None]:
    """Show that a wait goes on while the block runs; what the testbed tells of it is shown as well.

    :param out: where to, instead of standard output.
    """
    out = out or sys.stdout
    progress = Progress(what, terminal=out.isatty())
    ended = threading.Event()
    # One writes at a time, or a line would be torn.
    writing = threading.Lock()
    started = time.monotonic()

    def write(text: str) -> None:
        if text:
            out.write(text)
            out.flush()

    def tick() -> None:
        while not ended.wait(_LOOK):
            with writing:
                write(progress.after(time.monotonic() - started))

    def tell(message: str) -> None:
        with writing:
            write(progress.turn_to(message))

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        with telling(tell):
            yield
    finally:
        ended.set()
        thread.join()
        write(progress.end())
