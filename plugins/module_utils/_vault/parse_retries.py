# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads how often requests are tried again: a number, or the mapping of community.hashi_vault.

That collection hands the mapping to ``urllib3.util.Retry``, of which what makes sense here is taken
and the rest refused. What is left out is as with a number, rather than as in ``urllib3``.
"""

from __future__ import annotations

import re
import typing as t

from .._common import errors, settings
from . import options, parse

_FIRST_STATUS, _LAST_STATUS = 100, 599
# Its name before urllib3 1.26.
_OLD_NAMES = {"method_whitelist": "allowed_methods"}


def retries(value: t.Any, origin: str) -> options.Retries:
    """Return when a request is tried again.

    :param value: how often, or a mapping, or the text of one.
    :param origin: option or environment variable it comes from.
    :raises InputError: it is neither, or a key of it is not known or malformed.
    """
    found = parse.mapping(value)
    if found is None:
        return options.Retries(settings.whole_number(value, origin))
    chosen: dict[str, t.Any] = {}
    for key, given in found.items():
        name = _OLD_NAMES.get(key, key)
        where = f"{key} of {origin}"
        if name == "raise_on_status":
            _check_is_false(given, where)
        elif name not in _PARSERS:
            raise errors.InputError(
                f"{origin} has a key {key!r}, which is not known.",
                f"Use {', '.join(sorted(_PARSERS))}; other keys of urllib3 have no effect here.",
            )
        elif given is not None:
            chosen[name] = _PARSERS[name](given, where)
    return options.Retries(**chosen)


def _check_is_false(value: t.Any, where: str) -> None:
    """Take what others have to say and is so anyhow: the last answer counts, not its status."""
    if value is not None and settings.boolean(value, where):
        raise errors.InputError(f"{where} is true, but must be false.", "Leave it out.")


def _not_negative(value: t.Any, where: str) -> float:
    try:
        number = float("" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < float("inf"):
        raise errors.InputError(
            f"{where} is {value!r}, which is not a number of at least 0.", "Mend it."
        )
    return number


def _statuses(value: t.Any, where: str) -> frozenset[int]:
    statuses = frozenset(settings.whole_number(one, where) for one in _items(value))
    if not all(_FIRST_STATUS <= status <= _LAST_STATUS for status in statuses):
        raise errors.InputError(
            f"{where} is {value!r}, which is not a list of HTTP statuses.",
            "Give a list such as [412, 500, 502, 503].",
        )
    return statuses


def _methods(value: t.Any, where: str) -> frozenset[str] | None:
    del where
    if value is False:  # so older releases of urllib3 say that it goes for all
        return None
    return frozenset(str(one).strip().upper() for one in _items(value))


def _items(value: t.Any) -> t.Iterable[t.Any]:
    return (
        value
        if isinstance(value, (list, tuple, set, frozenset))
        else re.split(r"[|,\s]+", str(value).strip())
    )


_PARSERS: dict[str, t.Callable[[t.Any, str], t.Any]] = {
    "total": settings.whole_number,
    "connect": settings.whole_number,
    "read": settings.whole_number,
    "status": settings.whole_number,
    "other": settings.whole_number,
    "status_forcelist": _statuses,
    "allowed_methods": _methods,
    "backoff_factor": _not_negative,
    "backoff_max": _not_negative,
    "backoff_jitter": _not_negative,
    "respect_retry_after_header": settings.boolean,
}
