# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several addresses of one Vault: where one cannot serve, the next is tried."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._common.errors import SourceError, SourceUnreachableError
from .answers import check
from .deadline import RETRIED_STATUSES, Deadline, make_retry, wait_for_next
from .errors import VaultUnreachableError, WrongAddressError
from .options import NO_RETRIES
from .transport import Answer, Transport

if t.TYPE_CHECKING:
    from .deadline import BoundedRetry
    from .options import VaultOptions
    from .transport import Request

_NOT_INITIALIZED = 501
_CANNOT_SERVE = RETRIED_STATUSES | {_NOT_INITIALIZED}
_TOO_MANY_REQUESTS = 429


class Sender(t.Protocol):
    """What carries requests to Vault."""

    def send(
        self, request: Request, headers: t.Mapping[str, str], timeout: float | None = None
    ) -> Answer:
        """Send a request and wait for its answer; see :meth:`Transport.send`."""

    def close(self) -> None:
        """Close the connections."""


def open_sender(options: VaultOptions, pool_size: int) -> Sender:
    """Return what carries requests to the address or the addresses of Vault.

    :param options: where Vault is and how it is reached.
    :param pool_size: how many connections are kept open for requests side by side.
    :raises DependencyError: a Python library is missing.
    :raises InputError: a file that an option names cannot be used.
    """
    kind = Failover if options.other_urls else Transport
    return kind(options, pool_size)


@t.final
class Failover:
    """Carries requests to whichever address can serve, the last that could first.

    All tries of a request have the time of one. In a round each address gets a fair share of what
    is left of it, so that one that swallows requests does not use it up.
    """

    def __init__(self, options: VaultOptions, pool_size: int) -> None:
        self._options = options
        self._nodes = [replace(node, retries=NO_RETRIES) for node in options.at_each_address()]
        self._transports = [Transport(node, pool_size) for node in self._nodes]
        self._deadline = Deadline()
        self._first = 0

    def send(
        self, request: Request, headers: t.Mapping[str, str], timeout: float | None = None
    ) -> Answer:
        """Send a request and wait for the answer of an address that can serve.

        :raises SourceUnreachableError: none can.
        :raises WrongAddressError: what answers is not Vault.
        """
        self._deadline.start(self._options.timeout if timeout is None else timeout)
        retry: BoundedRetry | None = make_retry(self._options.retries, self._deadline)
        failures: dict[int, SourceError] = {}
        while retry is not None:
            outcome = self._ask_around(request, headers, failures)
            if isinstance(outcome, Answer):
                return outcome
            if not self._worth_trying(failures):
                break
            retry = wait_for_next(retry, self._deadline, outcome)
        raise _summary([failures[index] for index in sorted(failures)])

    def close(self) -> None:
        """Close the connections."""
        for transport in self._transports:
            transport.close()

    def _ask_around(
        self, request: Request, headers: t.Mapping[str, str], failures: dict[int, SourceError]
    ) -> Answer | float:
        """Try each address once, until one can serve.

        :param failures: gets why the others cannot.
        :returns: the answer; where there is none, how many seconds to wait at least.
        """
        asked = 0.0
        waiting = self._worth_trying(failures)
        while waiting and self._deadline.left() > 0:
            index = waiting.pop(0)
            share = self._deadline.left() / (1 + len(waiting))
            try:
                answer = self._transports[index].send(request, headers, share)
                if answer.status not in _CANNOT_SERVE:
                    self._first = index
                    return answer
                if answer.status == _TOO_MANY_REQUESTS:
                    # To ask the others would be to go round a limit that somebody has set.
                    self._first, asked = index, answer.retry_after
                    waiting.clear()
                check(answer, request, self._nodes[index])
            except SourceError as error:
                failures[index] = error
        return asked

    def _worth_trying(self, failures: t.Mapping[int, SourceError]) -> list[int]:
        """Return the addresses in turn, without those whose failure will not pass."""
        count = len(self._nodes)
        order = [(self._first + step) % count for step in range(count)]
        return [index for index in order if not _is_permanent(failures.get(index))]


def _is_permanent(failure: SourceError | None) -> bool:
    return isinstance(failure, WrongAddressError) or bool(getattr(failure, "permanent", False))


def _summary(failures: list[SourceError]) -> SourceError:
    """Make one error of those of all addresses."""
    if len(failures) == 1:
        return failures[0]
    message = " ".join(failure.message for failure in failures)
    remedy = " ".join(dict.fromkeys(failure.remedy for failure in failures if failure.remedy))
    passing = [failure for failure in failures if isinstance(failure, SourceUnreachableError)]
    if not passing:
        return failures[0].__class__(message, remedy)
    if all(isinstance(failure, VaultUnreachableError) for failure in passing):
        return VaultUnreachableError(message, remedy)
    return SourceUnreachableError(message, remedy)
