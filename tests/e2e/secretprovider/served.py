# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the plugin with values that need no Vault: how it serves is then all there is to see.

``python3 -m tests.e2e.secretprovider.served SOCKET GATE``; the name of a secret says what happens.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import typing as t
from pathlib import Path

from swarmvault_core._common.errors import InputError
from swarmvault_core._common.secret_value import SecretValue
from swarmvault_core._vault.errors import LoginError, NoAnswerError, VaultUnreachableError
from swarmvault_secretprovider import service
from swarmvault_secretprovider.answer import Answer

from testbed.waiting import wait_for

if t.TYPE_CHECKING:
    from swarmvault_secretprovider.protocol import SecretRequest

VALUE = b"canary-of-the-server"
BIG = bytes(range(256)) * 1999
#: As long as anybody should have to wait here.
PATIENCE = 60.0


class Shelf:
    """Has every secret; some come only once many are asked for, or once a file is there."""

    def __init__(self, gate: Path) -> None:
        self._gate = gate
        self._together = threading.Condition()
        self._here = 0
        self._gated = itertools.count()

    def get_secret(self, request: SecretRequest) -> Answer:
        kind, _dash, number = request.secret_name.partition("-")
        if kind == "together":
            self._wait_for_others(int(number))
        if kind == "gated":
            Path(f"{self._gate}-{next(self._gated)}").touch()
            wait_for("the gate", self._gate.exists, timeout=PATIENCE, interval=0.02)
        if kind == "refused":
            raise InputError("It is not allowed.", "Ask for it.")
        if kind == "away":
            raise VaultUnreachableError("Vault is away.", "Wait.")
        if kind == "slow":
            raise NoAnswerError("This path hangs.", "Wait.")
        if kind == "bug":
            raise KeyError(VALUE)
        if kind == "cached":
            return Answer(SecretValue(VALUE), False, "secret/shop", "cache", 12.34, "It is away.")
        value = BIG if kind == "big" else VALUE
        return Answer(SecretValue(value), do_not_reuse=kind == "once", path="secret/shop")

    def log_in(self, connection: str) -> None:
        if self._gate.with_name("refused").exists():
            raise LoginError(f"It is not let in to {connection}.", "Use another key.")

    def health(self) -> dict[str, str | None]:
        return {"default": "It is away."}

    def close(self) -> None:
        Path(f"{self._gate}-closed").touch()

    def _wait_for_others(self, number: int) -> None:
        with self._together:
            self._here += 1
            self._together.notify_all()
            assert self._together.wait_for(lambda: self._here >= number, PATIENCE)


if __name__ == "__main__":
    service.main(sys.argv[1], lambda *_: Shelf(Path(sys.argv[2])), os.environ)
