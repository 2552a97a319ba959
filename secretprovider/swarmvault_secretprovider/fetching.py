# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gets from Vault what one task is to have: which token reads it, and who may share the read."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass

from swarmvault_core._common.errors import (
    InputError,
    SourceError,
    SourceUnreachableError,
    SwarmVaultError,
)
from swarmvault_core._vault.engines import leases
from swarmvault_core._vault.engines.location import locate
from swarmvault_core._vault.engines.mounts import Mounts
from swarmvault_core._vault.reader import read_place

from . import rendering, task_tokens, wrapping
from .lanes import Lanes, Path, result_of
from .single_flight import SingleFlight
from .vaults import Vault

if t.TYPE_CHECKING:
    from swarmvault_core._common.secret_value import SecretValue
    from swarmvault_core._vault.client import VaultClient
    from swarmvault_core._vault.fields import Fields
    from swarmvault_core._vault.reader import Reading
    from swarmvault_core._vault.validity import Validity

    from .deadline import Deadline
    from .log_lines import Log
    from .protocol import SecretRequest
    from .settings import Connection, Settings
    from .vaults import Opened
    from .wanted import Wanted


_Result = t.TypeVar("_Result")
#: What was made of the fields, and how long they are good for, where they end.
_Made = tuple[_Result, t.Optional["Validity"]]


@dataclass(frozen=True)
class Case:
    """One request, with what was found out about it.

    :param policies: those of the token it is served with; None: with the plugin's own token.
    """

    request: SecretRequest
    wanted: Wanted
    policies: tuple[str, ...] | None
    deadline: Deadline

    @property
    def place(self) -> t.Hashable:
        """What is read, and with which rights: whoever has the same may have the same value."""
        source = self.wanted.source
        # The audit log names service and secret, so that those do not share a token.
        named = (self.request.service_name, self.request.secret_name) if self.policies else ()
        where = source and (locate(source), source.version)
        return self.wanted.connection, where, self.policies, named

    @property
    def value(self) -> t.Hashable:
        """What the task finds in the end."""
        source = self.wanted.source
        return self.place, source and source.field, self.wanted.format


class Fetched(t.NamedTuple):
    """What Vault gave.

    :param own: it is this task's alone.
    """

    value: SecretValue
    own: bool


@t.final
class Fetcher:
    """Asks one Vault; safe to share among threads.

    :param connection: which one.
    """

    def __init__(self, connection: Connection, settings: Settings, log: Log) -> None:
        self._role = connection.token_role
        self._vault = Vault(connection, settings.max_parallel, settings.deadline, log)
        self._log = log
        self._lanes = Lanes(settings.max_parallel)
        self._flights: SingleFlight[Reading] = SingleFlight()

    def fetch(self, case: Case) -> Fetched:
        """Get what a task is to have.

        :raises SwarmVaultError: it cannot be had.
        """
        wanted = case.wanted
        if wanted.source is None:
            return Fetched(self._run(case, lambda opened: self._token(case, opened)), own=True)
        if wanted.wrap is None:
            value, term = self._made(case, lambda fields: rendering.value_of(fields, wanted))
            return Fetched(value, own=term is not None)
        seconds = wanted.wrap
        payload, _term = self._made(case, lambda fields: rendering.payload_of(fields, wanted))
        token = self._run(
            case, lambda opened: wrapping.wrap(opened.client, payload, seconds), wrapping.PATH
        )
        return Fetched(token, own=True)

    def log_in(self) -> None:
        """Log in, which the first request does that shows a token.

        :raises SwarmVaultError: the login is refused, or Vault cannot be asked.
        """
        self._vault.ask(lambda opened: opened.client.sys.read_seal_status())

    def close(self) -> None:
        """Give back what the plugin has of Vault."""
        self._vault.close()

    def _run(
        self, case: Case, work: t.Callable[[Opened], _Result], name: str | None = None
    ) -> _Result:
        with self._lanes.queue(name or case.wanted.path) as path:
            return self._run_at(path, case, work)

    def _run_at(self, path: Path, case: Case, work: t.Callable[[Opened], _Result]) -> _Result:
        return self._lanes.run(path, lambda: self._vault.ask(work), case.deadline)

    def _made(self, case: Case, use: t.Callable[[Fields], _Result]) -> _Made[_Result]:
        """Read, and make something of the fields; what is made for one task is read for it alone."""
        if not case.wanted.lasts:
            return self._run(case, lambda opened: self._read(case, opened, use))

        def read(opened: Opened) -> Reading:
            return self._read(case, opened, lambda fields: fields)

        with self._lanes.queue(case.wanted.path) as path:
            fields, term = self._flights.run(
                case.place,
                lambda: self._run_at(path, case, read),
                lambda flying: result_of(flying, path, case.deadline),
            )
        return use(fields), term

    def _read(
        self, case: Case, opened: Opened, use: t.Callable[[Fields], _Result]
    ) -> _Made[_Result]:
        if case.policies is None:
            return self._read_as_plugin(case, opened, use)
        client = opened.client
        maker = task_tokens.Maker(client, self._role, case.policies, case.request)
        if case.wanted.lasts:
            with maker.reading():
                fields, term = _told(case, lambda: _read_with(client, Mounts(client), case))
                return use(fields), term
        own = client.showing(maker.for_leases())
        return _told(case, lambda: self._read_as_task(case, own, use))

    def _read_as_plugin(
        self, case: Case, opened: Opened, use: t.Callable[[Fields], _Result]
    ) -> _Made[_Result]:
        fields, term = _read_with(opened.client, opened.mounts, case)
        lease = term.lease_id if term is not None else None
        try:
            made = use(fields)
        except SourceError:
            if lease is not None:
                with contextlib.suppress(SwarmVaultError):  # it ends by itself as well
                    leases.revoke(opened.client, lease)
            raise
        if lease is not None:
            self._vault.leased = True
            opened.client.drop_lease(lease)  # it is the task's, and nobody counts it here
        self._tell(case, term)
        return made, term

    def _read_as_task(
        self, case: Case, own: VaultClient, use: t.Callable[[Fields], _Result]
    ) -> _Made[_Result]:
        try:
            fields, term = _read_with(own, Mounts(own), case)
            made = use(fields)
        except SourceError:
            for lease in own.held_leases:
                own.drop_lease(lease)  # nobody gets it, so that it may end with the token
            raise
        finally:
            # A token that leases hang on is left alone; one that Vault stores is given back.
            own.close()
        self._tell(case, term)
        return made, term

    def _tell(self, case: Case, term: Validity | None) -> None:
        if term is not None and term.cut_short:
            self._log.warning(
                "a leased credential ends before its time, with the token that it hangs on",
                service=case.request.service_name,
                secret=case.request.secret_name,
                path=case.wanted.path,
            )

    def _token(self, case: Case, opened: Opened) -> SecretValue:
        maker = task_tokens.Maker(opened.client, self._role, case.policies or (), case.request)
        answer = maker.to_hand_over(case.wanted.wrap)
        if case.wanted.wrap is not None:
            return wrapping.token_in(answer)
        return rendering.token_text(answer, case.wanted.format)


def _told(case: Case, read: t.Callable[[], _Result]) -> _Result:
    """Read, and let an error tell with which policies that was."""
    try:
        return read()
    except SourceUnreachableError:
        raise
    except SourceError as error:
        names = ", ".join(case.policies or ())
        problem = SourceError(
            f"{error.message} It was read with a token of the policies {names}.", error.remedy
        )
    raise problem


def _read_with(client: VaultClient, mounts: Mounts, case: Case) -> Reading:
    source = case.wanted.source
    if source is None:
        raise InputError("There is nothing to read.")
    return read_place(client, mounts, locate(source), source.version)
