# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of ``hvac``, over our adapter and with a token of our own keeping."""

from __future__ import annotations

import typing as t
from functools import cached_property

from .._common import errors
from . import deadline, exchange
from . import errors as vault_errors
from . import options as vault_options
from .adapter import Lending, Sender, Showing, VaultAdapter
from .auth import session

try:
    from hvac import Client
except ImportError:  # connection.py says so, with the remedy
    Client = object  # lets the classes be defined

if t.TYPE_CHECKING:
    from types import TracebackType

    from .adapter import Hook
    from .auth import base, token_ttl

# What is asked about a token is a courtesy, which must not hold up a run.
_COURTESY_SECONDS = 5.0


class _HvacClient(Client):  # type: ignore[misc]  # hvac has no types
    """hvac's client over an adapter of ours; it looks for no token and no files by itself."""

    def __init__(self, adapter: VaultAdapter) -> None:
        # hvac makes its adapter of a class; this gives the one that there is already.
        super().__init__(token="", verify=True, adapter=lambda **_: adapter)


@t.final
class _LoginClient(_HvacClient):
    """What a login is carried out with: a client that shows no token, or somebody else's."""

    def __init__(self, sender: Sender, token: base.Token | None = None) -> None:
        super().__init__(VaultAdapter(sender, Showing(token)))
        self._sender = sender

    def showing(self, token: base.Token) -> base.LoginClient:
        """Return a client that shows a token."""
        return _LoginClient(self._sender, token)


@t.final
class VaultClient(_HvacClient):
    """Asks Vault, logging in when the first request needs it; safe to share among threads.

    Its API is that of ``hvac``. A request is sent once, unless it was surely not carried out; see
    :attr:`repeatable`.

    :param options: how to reach Vault.
    :param log_in: gets a token.
    :param max_parallel: how many requests are under way at most; connections are kept for them.
    :param hook: stands around every request, logins included.
    :param sender: the connections of another client, which are used instead of own ones.
    :raises InputError: a file that an option names cannot be used.
    """

    def __init__(
        self,
        options: vault_options.VaultOptions,
        log_in: t.Callable[[base.LoginClient], base.Token],
        max_parallel: int = 8,
        hook: Hook | None = None,
        *,
        sender: Sender | None = None,
    ) -> None:
        self._owns_sender = sender is None
        # One more connection, for what is asked in the background about the token.
        self._sender = sender or Sender(options, max_parallel + 1, hook)
        self._options = options
        self._courtesy = min(options.timeout, _COURTESY_SECONDS)
        self._tokens = session.Session(lambda: log_in(_LoginClient(self._sender)), self._token_api)
        self._access = Lending(self._tokens)
        super().__init__(self._adapter_for(repeatable=False))

    def __enter__(self) -> VaultClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def repeatable(self) -> Client:
        """The same for reads that have no effect, which may therefore be sent twice."""
        return _HvacClient(self._adapter_for(repeatable=True))

    def showing(self, token: base.Token) -> VaultClient:
        """Return a client with a token of somebody else over the same connections.

        To close it gives back the token, where that is revocable and no lease hangs on it, and
        leaves the connections open. It never logs in: where its token is none, requests fail.
        """
        given = iter((token,))

        def take(_client: base.LoginClient) -> base.Token:
            for one in given:
                return one
            raise vault_errors.LoginError("Vault does not accept a token that it has just made.")

        return VaultClient(self._options, take, sender=self._sender)

    def lending(self, token: base.Token) -> t.ContextManager[None]:
        """Show a token of somebody else in the requests of this thread, for as long as it is open.

        Nobody looks after it, so that it is for requests that give no lease. It costs less than a
        client of its own.
        """
        return self._access.lend(token)

    def hold_lease(self, lease_id: str, seconds: float) -> float:
        """Keep our token for as long as a lease needs it: when a token ends, so do its leases.

        Call it after the request that created the lease. What Vault does not tell or refuse to do
        shows in the result.

        :param lease_id: the lease; its token is not given back while it is held.
        :param seconds: how long the lease is to live.
        :returns: how many seconds it will really live, as far as can be known.
        :raises SourceError: somebody's use of the token is going to end the lease.
        """
        return self._tokens.hold_lease(lease_id, seconds)

    @property
    def held_leases(self) -> frozenset[str]:
        """The leases that were held and not dropped since."""
        return self._tokens.held_leases

    def drop_lease(self, lease_id: str) -> None:
        """Tell that a lease has ended or may end with our token; unknown ones are ignored."""
        self._tokens.drop_lease(lease_id)

    def close(self, *, keep_token: bool = False) -> None:
        """Give back the tokens that this client got by logging in, and close the connections.

        Those that leases hang on are left to end by themselves.

        :param keep_token: leave all of them to that.
        """
        try:
            self._tokens.close(keep=keep_token)
        finally:
            if self._owns_sender:
                self._sender.close()

    def _adapter_for(self, *, repeatable: bool) -> VaultAdapter:
        return VaultAdapter(
            self._sender, self._access, diagnose=self._diagnosed, repeatable=repeatable
        )

    def _token_api(self, token: base.Token) -> token_ttl.TokenApi:
        """Return what asks about a token itself, which a new login would be no answer to."""
        adapter = VaultAdapter(self._sender, Showing(token), limits=exchange.Limits(self._courtesy))
        return t.cast("token_ttl.TokenApi", _HvacClient(adapter).auth.token)

    def _diagnosed(self, silence: vault_errors.NoAnswerError) -> errors.SourceUnreachableError:
        """Find out whether all of Vault is silent, or only what is behind one path."""
        limits = exchange.Limits(self._courtesy, vault_options.NO_RETRIES)
        adapter = VaultAdapter(self._sender, Showing(None), limits=limits)
        try:
            serves = not _HvacClient(adapter).sys.read_seal_status().get("sealed")
        except errors.SourceUnreachableError:
            if not deadline.left():
                return silence  # there was no time to find out
            serves = False
        except errors.SwarmVaultError:
            serves = True  # an answer all the same
        if not serves:
            return vault_errors.VaultUnreachableError(silence.message, silence.remedy)
        return vault_errors.NoAnswerError(
            f"{silence.message} Vault itself answers.",
            "Look at what is behind that path, such as a database, or raise vault_timeout.",
        )
