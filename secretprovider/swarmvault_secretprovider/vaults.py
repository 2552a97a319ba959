# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Vault: connections that are kept, and a token that is replaced with the credentials."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
import typing as t

from swarmvault_core._common.errors import SwarmVaultError
from swarmvault_core._vault.auth import registry
from swarmvault_core._vault.client import VaultClient
from swarmvault_core._vault.engines.mounts import Mounts
from swarmvault_core._vault.errors import (
    LoginError,
    RefusedError,
    VaultUnreachableError,
    WrongAddressError,
)
from swarmvault_core._vault.options import Retries

from .deadline import REQUEST_SHARE

if t.TYPE_CHECKING:
    from swarmvault_core._vault.auth.base import LoginClient, Token
    from swarmvault_core._vault.options import VaultOptions

    from .log_lines import Log
    from .settings import Connection

#: At once, as what broke off was often just an old connection; then after 200, 400 and 800 ms.
RETRIES = Retries(total=4, backoff_factor=0.1, backoff_jitter=0.0)
#: How long a login that was refused is not tried again with the same credentials.
REFUSED_SECONDS = 10.0
#: What other credentials, or another authority to trust, may mend.
_MENDED_ANEW = (LoginError, VaultUnreachableError, WrongAddressError)

_Result = t.TypeVar("_Result")


class Opened(t.NamedTuple):
    """A client and what it was made with.

    :param mounts: what it knows of what is mounted.
    """

    client: VaultClient
    mounts: Mounts
    options: VaultOptions


@t.final
class Vault:
    """The connections to one Vault; safe to share among threads.

    :param connection: how to reach it.
    :param max_parallel: for how many requests connections are kept.
    :param seconds: how long a request of a task may take, all told.
    """

    def __init__(self, connection: Connection, max_parallel: int, seconds: float, log: Log) -> None:
        self._connection = connection
        self._max_parallel = max_parallel
        self._request_seconds = seconds * REQUEST_SHARE
        self._log = log
        self._lock = threading.Lock()
        self._opened: Opened | None = None
        self._replaced: list[Opened] = []
        self._login: tuple[VaultOptions, registry.Login] | None = None
        self._refused: tuple[VaultOptions, float, str, str] | None = None
        #: Credentials of tasks hang on the plugin's own token.
        self.leased = False

    def ask(self, work: t.Callable[[Opened], _Result]) -> _Result:
        """Do some work with a client, with another one where other credentials may help.

        :raises SwarmVaultError: it cannot be done.
        """
        opened = self._current()
        try:
            return work(opened)
        except _MENDED_ANEW:
            other = self._anew(opened)
            if other is None:
                raise
        return work(other)

    def close(self) -> None:
        """Give back the plugin's tokens, unless credentials of tasks hang on them."""
        with self._lock:
            every = [*self._replaced, *([self._opened] if self._opened else [])]
            self._opened, self._replaced = None, []
        for one in every:
            with contextlib.suppress(SwarmVaultError):
                one.client.close(keep_token=self.leased)

    def _current(self) -> Opened:
        with self._lock:
            if self._opened is None:
                self._opened = self._made(self._connection.options())
            return self._opened

    def _anew(self, before: Opened) -> Opened | None:
        """Return another client where the settings have changed meanwhile, as files may have."""
        options = self._connection.options()
        with self._lock:
            if self._opened is not None and self._opened is not before:
                return self._opened
            if options == before.options:
                return None
            # Others may just be asking with it, so that it is not closed yet.
            self._replaced.append(before)
            self._opened = self._made(options)
            return self._opened

    def _made(self, options: VaultOptions) -> Opened:
        registry.check(options)
        own = dataclasses.replace(
            options,
            timeout=min(options.timeout, self._request_seconds),
            retries=RETRIES,
        )
        client = VaultClient(own, self._log_in, self._max_parallel)
        return Opened(client, Mounts(client), options)

    def _log_in(self, client: LoginClient) -> Token:
        """Log in with the credentials of this moment.

        :raises SwarmVaultError: Vault refuses that, or cannot be asked.
        """
        options = self._connection.options()
        registry.check(options)
        # A login keeps what can be had only once, such as a secret ID that came wrapped.
        if self._login is None or self._login[0] != options:
            self._login = options, registry.Login(options)
        self._check_refused(options)
        try:
            token = self._login[1](client)
        except LoginError as error:
            self._refused = options, time.monotonic(), error.message, error.remedy
            raise
        if options.auth_method == "token":
            token = _looked_after(client, token)
        self._log.info(
            "logged in to Vault",
            vault=self._connection.name,
            address=options.address,
            method=options.auth_method,
            ttl=token.lease_seconds or None,
        )
        return token

    def _check_refused(self, options: VaultOptions) -> None:
        """Make sure that the same login was not refused just now.

        One for each task that is started anew could lock the account.

        :raises LoginError: it was.
        """
        if self._refused is None:
            return
        before, since, message, remedy = self._refused
        if options == before and time.monotonic() - since < REFUSED_SECONDS:
            raise LoginError(message, remedy)


def _looked_after(client: LoginClient, token: Token) -> Token:
    """Return a token from the settings as one that is renewed, and replaced with its file.

    Nobody else looks after it while the plugin runs, and a run of the plugin may be for months.
    """
    try:
        answer = client.showing(token).auth.token.lookup_self()
    except RefusedError:
        answer = {}  # it may not know about itself; the next request shows whether it is any good
    data = answer.get("data") or {}
    return dataclasses.replace(
        token,
        from_login=True,
        renewable=bool(data.get("renewable")),
        lease_seconds=float(data.get("ttl") or 0),
        uses=int(data.get("num_uses") or 0),
    )
