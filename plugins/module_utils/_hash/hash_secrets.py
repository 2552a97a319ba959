# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in: hash what is in Vault, reading no more data than has to be."""

from __future__ import annotations

import typing as t

from .._common import errors
from .._vault import stable_reads
from . import digest, report

if t.TYPE_CHECKING:
    from .._vault.source import SourceReader, SourceVersion, VaultSource
    from .previous import Previous
    from .request import HashRequest


def hash_secrets(request: HashRequest, reader: SourceReader) -> report.HashReport:
    """Make the hashes, and compare them with those of an earlier run.

    A value whose version is the one the earlier run hashed is not read again.

    :raises InputError: the request cannot be carried out; nothing was read.
    :raises SourceError: one or more sources cannot be read.
    """
    if not request.sources:
        raise errors.InputError("secrets is empty.", "List at least one source.")
    hasher = digest.Hasher(request.algorithm, request.hash_key)
    previous = {name: request.previous.get(name) for name in request.sources}
    _check_comparable(previous, hasher)
    stable_reads.check_sources(request.sources)
    versions = stable_reads.versions_of(request.sources, reader)
    known = {
        name: before.hash
        for name, before in previous.items()
        if before is not None and _is_same(before, request.sources[name], versions[name])
    }
    wanted = {name: source for name, source in request.sources.items() if name not in known}
    values = stable_reads.values_of(wanted, versions, reader) if wanted else {}
    hashes = {**known, **{name: hasher.make(found.value) for name, found in values.items()}}
    entries = tuple(
        _entry(name, hashes[name], versions[name], source, previous[name])
        for name, source in request.sources.items()
    )
    return report.HashReport(entries, read=len(wanted))


def source_text(source: VaultSource) -> str:
    """Name what of Vault is hashed: ``kv2:secret/shop/db#password``."""
    field = "" if source.field is None else f"#{source.field}"
    as_json = "" if source.format == "plain" else f" ({source.format})"
    return f"{source.engine}:{source.location}{field}{as_json}"


def _check_comparable(previous: t.Mapping[str, Previous | None], hasher: digest.Hasher) -> None:
    """Make sure that a hash that differs stands for a value that differs.

    :raises InputError: an earlier hash was made in another way.
    """
    by_problem: dict[str, list[str]] = {}
    for name, before in previous.items():
        problem = None if before is None else hasher.problem(before.hash)
        if problem is not None:
            by_problem.setdefault(problem, []).append(name)
    if by_problem:
        found = "; ".join(f"that of {', '.join(names)} {why}" for why, names in by_problem.items())
        raise errors.InputError(
            f"Hashes in previous cannot be compared, so nothing was read: {found}.",
            "Use the algorithm and the key of the earlier run, or leave previous out once.",
        )


def _is_same(before: Previous, source: VaultSource, version: SourceVersion) -> bool:
    """Whether the metadata shows that an earlier run hashed this very value.

    The time is compared as well: a path that was removed and written anew counts from 1 again.
    """
    return (
        None not in (before.version, before.created_time)
        and before.version == version.number
        and before.created_time == version.created_time
        and before.source in (None, source_text(source))
    )


def _entry(
    name: str, now: str, version: SourceVersion, source: VaultSource, before: Previous | None
) -> report.HashedSecret:
    return report.HashedSecret(
        name=name,
        hash=now,
        version=version.number,
        created_time=version.created_time,
        custom_metadata=version.custom_metadata,
        source=source_text(source),
        differs=None if before is None else not digest.same(before.hash, now),
    )
