# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out independent reads side by side, and stops when there is no use in going on."""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._common import errors
from . import errors as vault_errors

# An answer that takes longer comes over a network; reading side by side then pays.
NEAR_SECONDS = 0.004
# A single one can be late by chance.
_SLOW_IN_A_ROW = 2

_Key = t.TypeVar("_Key")
_Result = t.TypeVar("_Result")
_HOPELESS = (
    vault_errors.LoginError,
    vault_errors.VaultUnreachableError,
    vault_errors.WrongAddressError,
)


def fetch_all(
    keys: t.Iterable[_Key], fetch: t.Callable[[_Key], _Result], max_parallel: int
) -> dict[_Key, _Result | errors.SwarmVaultError]:
    """Call ``fetch`` for each key and return what each gave, or its domain error.

    The first goes alone: it logs in, and where Vault is away it is the only one to find out. The
    next ones do as well for as long as each is answered at once, since threads then only wait for
    each other. After an error that all others would meet too, those not yet begun get that error
    unasked.

    :param max_parallel: how many calls are under way at most.
    """
    waiting = list(keys)
    hopeless = _Hopeless()

    def attempt(key: _Key) -> _Result | errors.SwarmVaultError:
        if hopeless.error is not None:
            return hopeless.error
        try:
            return fetch(key)
        except _HOPELESS as error:
            hopeless.error = error
            return error
        except errors.SwarmVaultError as error:
            return error

    results: dict[_Key, _Result | errors.SwarmVaultError] = {}
    slow = 0
    for index, key in enumerate(waiting):
        started = time.perf_counter()
        results[key] = attempt(key)
        late = index > 0 and time.perf_counter() - started > NEAR_SECONDS
        slow = slow + 1 if late else 0
        if slow == _SLOW_IN_A_ROW:
            break
    rest = waiting[len(results) :]
    workers = min(max_parallel, len(rest))
    if workers <= 1 or hopeless.error is not None:
        results.update((key, attempt(key)) for key in rest)
    else:
        with ThreadPoolExecutor(workers, thread_name_prefix="vault") as pool:
            results.update(zip(rest, pool.map(attempt, rest)))
    return results


class _Hopeless:
    """The error after which nothing more is asked."""

    error: errors.SwarmVaultError | None = None
