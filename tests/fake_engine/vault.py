# SPDX-License-Identifier: GPL-3.0-or-later
"""A Vault in memory, with the interface that the core reads sources through."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from datetime import timedelta

from tests.fake_engine.product import (
    SecretValue,
    SourceError,
    SourceUnreachableError,
    SourceValue,
    SourceVersion,
    Validity,
    VaultSource,
)

if t.TYPE_CHECKING:
    from datetime import datetime

    from tests.fake_engine.clock import VirtualClock


@dataclass
class _Version:
    """One version of a path of KV v2."""

    fields: dict[str, str]
    created: datetime
    deleted: bool = False


@dataclass
class _Lease:
    """One set of credentials that was handed out."""

    path: str
    fields: dict[str, str]
    validity: Validity
    revoked: bool = False


@dataclass
class FakeVault:
    """What is in Vault; ``reader()`` gives each run a reader of its own.

    :ivar down: whether nobody gets an answer at all.
    :ivar failing: paths that cannot be read, with the reason.
    """

    clock: VirtualClock
    down: bool = False
    failing: dict[str, str] = field(default_factory=dict)
    paths: dict[str, list[_Version]] = field(default_factory=dict)
    leased: dict[str, float] = field(default_factory=dict)
    leases: dict[str, _Lease] = field(default_factory=dict)

    def put(self, path: str, **fields: str) -> int:
        """Write a new version of a path of KV v2; return its number."""
        versions = self.paths.setdefault(path, [])
        versions.append(_Version(dict(fields), self.clock.now()))
        return len(versions)

    def delete(self, path: str) -> None:
        """Delete the current version of a path."""
        self.paths[path][-1].deleted = True

    def lend(self, path: str, seconds: float) -> None:
        """Let a path make new credentials, good for this long, at each read."""
        self.leased[path] = seconds

    def current(self, path: str) -> dict[str, str]:
        """Return what the current version of a path holds."""
        return dict(self.paths[path][-1].fields)

    def held_together(self, path: str, fields: t.Mapping[str, bytes]) -> bool:
        """Tell whether a path ever held all of these values at once."""
        versions = [version.fields for version in self.paths.get(path, ())]
        versions += [lease.fields for lease in self.leases.values() if lease.path == path]
        texts = {key: value.decode() for key, value in fields.items()}
        return any(texts.items() <= version.items() for version in versions)

    def live_leases(self) -> list[str]:
        """Return the leases that are neither revoked nor over."""
        now = self.clock.now()
        return [
            key
            for key, lease in self.leases.items()
            if not lease.revoked and lease.validity.expires > now
        ]

    def serve(self, labels: t.Mapping[str, str]) -> bytes | None:
        """Do what the secretprovider plugin does with the labels of a secret; None: it fails."""
        versions = self.paths.get(labels.get("vault_path", ""), [])
        number = int(labels.get("vault_version") or len(versions))
        if self.down or not 1 <= number <= len(versions) or versions[number - 1].deleted:
            return None
        found = versions[number - 1].fields.get(labels.get("vault_field", "value"))
        return None if found is None else found.encode()

    def reader(self) -> FakeReader:
        """Return what a run reads with."""
        return FakeReader(self)


@dataclass
class FakeReader:
    """The ``SourceReader`` of one run.

    :ivar reads: the paths whose data was read, in order.
    """

    vault: FakeVault
    reads: list[str] = field(default_factory=list)
    _held: set[str] = field(default_factory=set)

    def versions(
        self, sources: t.Iterable[VaultSource]
    ) -> dict[VaultSource, SourceVersion | Exception]:
        """Tell the version of each source."""
        return {source: self._version(source) for source in sources}

    def values(
        self, sources: t.Mapping[VaultSource, SourceVersion]
    ) -> dict[VaultSource, SourceValue | Exception]:
        """Read the value of each source; a leased path once for all its sources."""
        lent: dict[str, _Lease] = {}
        found: dict[VaultSource, SourceValue | Exception] = {}
        for source, version in sources.items():
            problem = self._problem(source)
            if problem is not None:
                found[source] = problem
            elif source.path in self.vault.leased:
                lease = lent.get(source.path) or self._lend(source.path)
                lent[source.path] = lease
                value = _value(source, lease.fields)
                found[source] = SourceValue(value, SourceVersion(None), lease.validity)
            else:
                found[source] = self._read(source, version)
        return found

    def held_leases(self) -> frozenset[str]:
        """Tell which leases the reads have taken that were not revoked since."""
        return frozenset(self._held)

    def revoke(self, lease_ids: t.Collection[str]) -> dict[str, Exception | None]:
        """End leases."""
        if self.vault.down:
            raise SourceUnreachableError("Vault does not answer.")
        for key in lease_ids:
            if key in self.vault.leases:
                self.vault.leases[key].revoked = True
            self._held.discard(key)
        return dict.fromkeys(lease_ids)

    def _problem(self, source: VaultSource) -> Exception | None:
        if self.vault.down:
            return SourceUnreachableError("Vault does not answer.")
        if source.path in self.vault.failing:
            return SourceError(self.vault.failing[source.path])
        if source.path in self.vault.leased:
            return None
        versions = self.vault.paths.get(source.path)
        if not versions:
            return SourceError(f"There is nothing at {source.location}.")
        number = source.version or len(versions)
        if number > len(versions) or versions[number - 1].deleted:
            return SourceError(f"Version {number} of {source.location} was deleted.")
        return None

    def _version(self, source: VaultSource) -> SourceVersion | Exception:
        problem = self._problem(source)
        if problem is not None:
            return problem
        if source.engine != "kv2":
            return SourceVersion(None)
        versions = self.vault.paths[source.path]
        number = source.version or len(versions)
        return SourceVersion(number, _time(versions[number - 1].created))

    def _read(self, source: VaultSource, version: SourceVersion) -> SourceValue | Exception:
        self.reads.append(source.path)
        versions = self.vault.paths[source.path]
        number = version.number or len(versions)
        fields = versions[number - 1].fields
        if source.field is not None and source.field not in fields:
            return SourceError(f"{source.location} has no field {source.field}.")
        return SourceValue(_value(source, fields), version)

    def _lend(self, path: str) -> _Lease:
        self.reads.append(path)
        number = len(self.vault.leases) + 1
        now = self.vault.clock.now().replace(microsecond=0)
        ends = now + timedelta(seconds=self.vault.leased[path])
        key = f"{path}/lease{number}"
        fields = {"username": f"user{number}", "password": f"password{number}"}
        lease = _Lease(path, fields, Validity(now, ends, key))
        self.vault.leases[key] = lease
        self._held.add(key)
        return lease


def _value(source: VaultSource, fields: t.Mapping[str, str]) -> SecretValue:
    if source.format == "json":
        return SecretValue(json.dumps(dict(fields), sort_keys=True).encode())
    name = source.field if source.field is not None else next(iter(fields))
    return SecretValue(fields[name].encode())


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
