# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bounds one request as a whole: its tries, its waits, and the waits the server asks for.

``urllib3`` bounds a single try only, so a few small classes of it are extended here.
"""

from __future__ import annotations

import ssl
import threading
import time
import typing as t

try:
    # A name that is not in a certificate, as urllib3 1.x tells; its own place differs by release.
    from urllib3.connection import CertificateError  # type: ignore[attr-defined]  # not in __all__
    from urllib3.exceptions import InvalidHeader, MaxRetryError, ProtocolError, ResponseError
    from urllib3.util.retry import Retry
    from urllib3.util.timeout import Timeout
except ImportError:  # transport.py says so, with the remedy
    Retry = Timeout = object  # type: ignore[assignment,misc]  # only to let the classes be defined

if t.TYPE_CHECKING:
    from types import TracebackType

    from urllib3 import BaseHTTPResponse
    from urllib3.connectionpool import ConnectionPool

    from .options import Retries

IS_URLLIB3_2 = hasattr(Retry, "DEFAULT") and hasattr(Retry.DEFAULT, "backoff_jitter")
# HTTP statuses of Vault that pass by themselves: https://openbao.org/api-docs/#http-status-codes
RETRIED_STATUSES = frozenset((412, 429, 500, 502, 503, 504))
# A timeout of zero would make sockets non-blocking instead of failing.
_LEAST_SECONDS = 0.001


class Deadline(threading.local):
    """When the request that this thread carries out has to be over."""

    at = float("inf")

    def start(self, seconds: float) -> None:
        """Let the time run from now."""
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left, at least zero."""
        return max(0.0, self.at - time.monotonic())


class BoundedTimeout(Timeout):
    """Gives each try of a request the time that is left."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def clone(self) -> Timeout:
        """Return the timeout of one try."""
        return Timeout(total=max(_LEAST_SECONDS, self._deadline.left()))


class BoundedRetry(Retry):
    """Tries again what may pass by itself, and waits only as long as there is time."""

    def __init__(
        self, *args: t.Any, deadline: Deadline, longest_wait: float, **kwargs: t.Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._deadline = deadline
        self._longest_wait = longest_wait

    def new(self, **kwargs: t.Any) -> BoundedRetry:
        """Return a copy, as ``urllib3`` makes one after each try."""
        own = {"deadline": self._deadline, "longest_wait": self._longest_wait}
        return super().new(**own, **kwargs)

    def get_backoff_time(self) -> float:
        """Return how many seconds to wait before the next try."""
        # Named differently by release, and up to 1.26 for all that are made.
        return min(super().get_backoff_time(), self._longest_wait)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> BoundedRetry:
        """Count a try.

        :raises MaxRetryError: there is no further one, or no time for it.
        """
        following = super().increment(method, url, response, error, _pool, _stacktrace)
        obeys = self.respect_retry_after_header and response is not None
        asked = following.get_retry_after(t.cast("BaseHTTPResponse", response)) if obeys else None
        wait = asked or following.get_backoff_time()
        if wait >= self._deadline.left() or _is_permanent(error):
            reason = error or ResponseError(ResponseError.GENERIC_ERROR)
            raise MaxRetryError(t.cast("ConnectionPool", _pool), str(url), reason)
        return following


def make_retry(retries: Retries, deadline: Deadline) -> BoundedRetry:
    """Return the retry policy for every request to Vault.

    :param retries: how often a request is tried again, and when.
    :param deadline: when the request has to be over.
    """
    settings: dict[str, t.Any] = {
        "total": retries.total,
        "status_forcelist": RETRIED_STATUSES
        if retries.status_forcelist is None
        else retries.status_forcelist,
        "backoff_factor": retries.backoff_factor,
        "respect_retry_after_header": retries.respect_retry_after_header,
        # The last answer says more than "too many error responses".
        "raise_on_status": False,
    }
    counts = {name: getattr(retries, name) for name in ("connect", "read", "status", "other")}
    settings.update({name: count for name, count in counts.items() if count is not None})
    # All methods: a login that is sent twice does no harm. Renamed in urllib3 1.26, where None
    # means all; before it was False.
    renamed = hasattr(Retry.DEFAULT, "allowed_methods")
    every = None if renamed else False
    settings["allowed_methods" if renamed else "method_whitelist"] = (
        every if retries.allowed_methods is None else retries.allowed_methods
    )
    if IS_URLLIB3_2:
        settings["backoff_jitter"] = retries.backoff_jitter
    return BoundedRetry(deadline=deadline, longest_wait=retries.backoff_max, **settings)


def asked_wait(response: BaseHTTPResponse) -> float:
    """Return how many seconds the server asks to wait; 0: it does not say, or nothing sensible."""
    try:
        return Retry().get_retry_after(response) or 0.0
    except InvalidHeader:
        return 0.0


def wait_for_next(
    retry: BoundedRetry, deadline: Deadline, asked: float = 0.0, broke_off: str | None = None
) -> BoundedRetry | None:
    """Wait before everything is tried again; None: there is no further try, or no time for it.

    :param retry: what is left of the tries.
    :param asked: how many seconds the server asks to wait.
    :param broke_off: the method of a request whose answer broke off; None: it failed otherwise.
    """
    error = ProtocolError("the answer broke off") if broke_off else None
    try:
        following = retry.increment(broke_off, error=error)
    except (MaxRetryError, ProtocolError):
        return None
    pause = max(asked if retry.respect_retry_after_header else 0.0, following.get_backoff_time())
    if pause >= deadline.left():
        return None
    time.sleep(pause)
    return following


def _is_permanent(error: Exception | None) -> bool:
    """Whether the two ends do not agree on TLS; a connection that broke off meanwhile may."""
    return error is not None and any(
        isinstance(cause, (ssl.SSLError, CertificateError))
        and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
        for cause in error.args
    )
