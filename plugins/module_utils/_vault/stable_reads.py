# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads sources whose values last, for those who only look at them: all or an error that tells all.

A value that is made anew at each read would be useless to them, and left behind at every look.
"""

from __future__ import annotations

import typing as t

from .._common import errors as common_errors
from . import source as vault_source
from . import source_check

Named = t.Mapping[str, "vault_source.VaultSource"]

# Engines of which a read always makes something new.
_ISSUING = frozenset({"pki"})
_REMEDY = "Let swarm_secret_rotate read it, which follows the term of what it is given."


def check_sources(sources: Named) -> None:
    """Refuse what cannot be read, or is known to give another value at every read.

    :param sources: what to read, by the name that errors give it.
    :raises InputError: there are such sources; nothing was read.
    """
    issuing = [
        f"{name} ({source.location})"
        for name, source in sources.items()
        if source.engine in _ISSUING
    ]
    if issuing:
        raise common_errors.InputError(
            f"Each read of {', '.join(issuing)} issues a new certificate, so nothing was read.",
            _REMEDY,
        )
    problems = [
        f"{name}: {problem}"
        for name, source in sources.items()
        for problem in source_check.source_problems(source)
    ]
    if problems:
        raise common_errors.InputError(
            f"Nothing was read: {'; '.join(problems)}.", "Correct this and run again."
        )


def versions_of(
    sources: Named, reader: vault_source.SourceReader
) -> dict[str, vault_source.SourceVersion]:
    """Tell the version of each source, by name.

    :raises SwarmVaultError: of one or more sources it cannot be told.
    """
    found = reader.versions(dict.fromkeys(sources.values()))
    return _all_or_error(
        {name: found[source] for name, source in sources.items()}, vault_source.SourceVersion
    )


def values_of(
    sources: Named,
    versions: t.Mapping[str, vault_source.SourceVersion],
    reader: vault_source.SourceReader,
) -> dict[str, vault_source.SourceValue]:
    """Read each source at its version, by name; sources of one path share a read.

    :raises SwarmVaultError: one or more sources cannot be read, or turned out to be leased.
    """
    found = reader.values({source: versions[name] for name, source in sources.items()})
    results = {name: found[source] for name, source in sources.items()}
    # All that were taken: a read whose field is missing is leased as well.
    leases = reader.held_leases()
    kept = [lease for lease, error in reader.revoke(leases).items() if error] if leases else []
    places = [
        f"{name} ({sources[name].location})"
        for name, result in results.items()
        if isinstance(result, vault_source.SourceValue) and result.validity is not None
    ]
    if places:
        raise _leased(places, kept)
    return _all_or_error(results, vault_source.SourceValue)


def _leased(places: t.Sequence[str], kept: t.Sequence[str]) -> common_errors.SourceError:
    left = f"These leases could not be revoked: {', '.join(kept)}." if kept else ""
    return common_errors.SourceError(
        f"Each read of {', '.join(places)} makes new credentials and leases them out."
        f" {left or 'Those of this read were revoked at once.'}",
        _REMEDY,
    )


_Result = t.TypeVar("_Result")


def _all_or_error(
    results: t.Mapping[str, _Result | Exception], kind: type[_Result]
) -> dict[str, _Result]:
    """Return the results.

    :raises SwarmVaultError: some are errors; one outage that meets many is told once.
    """
    done: dict[str, _Result] = {}
    failed: dict[str, Exception] = {}
    for name, result in results.items():
        if isinstance(result, kind):
            done[name] = result
        else:
            failed[name] = t.cast("Exception", result)
    if failed:
        raise _common(failed.values())(common_errors.told_once(failed))
    return done


def _common(errors: t.Collection[Exception]) -> type[common_errors.SwarmVaultError]:
    """Return the error that says no more than all of them do."""
    for common in (common_errors.InputError, common_errors.SourceUnreachableError):
        if all(isinstance(error, common) for error in errors):
            return common
    return common_errors.SourceError
