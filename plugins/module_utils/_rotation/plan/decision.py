# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to become of one logical secret: pure decisions on versions and source."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._common.errors import InputError
from ..._common.fingerprint import verify
from .. import labels as secret_labels

if t.TYPE_CHECKING:
    from ..._common.secret_value import SecretValue
    from ..._vault.source import VaultSource
    from ..observe.state import SourceState
    from ..request import Options, SecretRequest
    from ..versions import LogicalSecret, Version

UNCHANGED = "unchanged"
CREATED = "created"
ADOPTED = "adopted"
ROTATED = "rotated"
RECORDED = "recorded"
QUARANTINED = "quarantined"
KEPT = "kept"

#: What becomes of a source that makes a new value at each read: see issues.py.
#: What it gave last is good for a while yet.
FRESH = "fresh"
#: A new value is due, but the last one failed not long ago.
POSTPONED = "postponed"
#: A new value is to be read.
DUE = "due"

#: Actions that make a new version.
CREATING = (CREATED, ADOPTED, ROTATED)


@dataclass(frozen=True)
class Decision:
    """The action for one logical secret, and why."""

    action: str
    reason: str


def follows(version: Version, source: VaultSource | None, state: SourceState) -> bool:
    """Tell whether a version is known, without its value, to hold what the source holds.

    The creation time is compared as well: the numbers of a KV v2 path start anew when
    its metadata was deleted and the path written again.
    """
    recorded = version.secret.labels.get(secret_labels.SOURCE_TIME)
    return (
        state.version is not None
        and version.source_version == state.version
        and (recorded is None or state.created_time is None or recorded == state.created_time)
        and secret_labels.same_source(version.secret.labels, source)
    )


@dataclass(frozen=True)
class VersionChoice:
    """The version consumers should run, and the rejected ones that came after it."""

    newest: Version | None
    rejected: tuple[Version, ...]

    @classmethod
    def of(cls, logical: LogicalSecret, rejected_by: t.Container[str]) -> VersionChoice:
        """Judge the versions; ``rejected_by`` holds the ids of secrets just found at fault."""
        usable = [
            version
            for version in logical.managed
            if not version.is_quarantined and version.secret.id not in rejected_by
        ]
        newest = usable[-1] if usable else None
        number = newest.number if newest else 0
        rejected = [version for version in logical.managed if version.number > number]
        return cls(newest, tuple(rejected))


def needs_value(
    logical: LogicalSecret,
    source: VaultSource | None,
    state: SourceState,
    *,
    rejected_by: t.Container[str] = (),
    force: bool = False,
) -> bool:
    """Tell whether the source's data must be read, which unchanged secrets do not need."""
    if state.renewal is not None:
        return state.renewal.action == DUE
    if force or state.version is None:
        return True
    standing = VersionChoice.of(logical, rejected_by)
    known = [standing.newest, *standing.rejected]
    return not any(version and follows(version, source, state) for version in known)


def same_value(version: Version, value: SecretValue, hash_key: SecretValue | None) -> bool | None:
    """Compare a value with a version's fingerprint; None where that cannot be told."""
    stored = version.secret.labels.get(secret_labels.FINGERPRINT)
    return verify(value, stored, hash_key) if stored else None


def decide(
    request: SecretRequest,
    logical: LogicalSecret,
    state: SourceState,
    options: Options,
    rejected_by: t.Mapping[str, str],
) -> Decision:
    """Decide what becomes of a logical secret under ``state: present``.

    :param rejected_by: secret id of a pending version that consumers turned out to have rejected,
        with the names of these consumers.
    :raises InputError: whether the value changed cannot be told with the hash_key given.
    """
    if state.error is not None:
        return Decision(KEPT, f"source not available, left as it is: {state.error}")
    standing = VersionChoice.of(logical, rejected_by)
    if state.renewal is not None and state.renewal.action == POSTPONED:
        return Decision(QUARANTINED, state.renewal.reason)
    if not options.force:
        rejected = _rejected(request, standing, state, options, rejected_by)
        if rejected is not None:
            return Decision(QUARANTINED, rejected)
    if standing.newest is None:
        if logical.originals:
            names = " and ".join(version.secret.name for version in logical.originals)
            was = "was" if len(logical.originals) == 1 else "were"
            return Decision(ADOPTED, f"takes over from {names}, which {was} not managed")
        return Decision(CREATED, "no version exists yet")
    if options.force:
        return Decision(ROTATED, "forced")
    return _compare(request, standing.newest, state, options)


def _rejected(
    request: SecretRequest,
    standing: VersionChoice,
    state: SourceState,
    options: Options,
    rejected_by: t.Mapping[str, str],
) -> str | None:
    """Say why what the source holds now must not be tried again, if so."""
    for version in reversed(standing.rejected):
        if state.version is not None:
            matches = follows(version, request.source, state)
        else:
            matches = state.value is not None and bool(
                same_value(version, state.value, options.hash_key)
            )
        if matches:
            where = rejected_by.get(version.secret.id) or version.secret.labels.get(
                secret_labels.FAILED_ON, ""
            )
            because = f"failed on {where}" if where else "was rolled back"
            return (
                f"{_source_text(state)} is quarantined: {version.secret.name} {because}; "
                f"a newer value in the source or force ends the quarantine"
            )
    return None


def _compare(
    request: SecretRequest, newest: Version, state: SourceState, options: Options
) -> Decision:
    if state.renewal is not None and state.renewal.action == FRESH:
        return _labels_decision(request, newest, state.renewal.reason)
    if follows(newest, request.source, state):
        return _labels_decision(request, newest, "source version unchanged")
    if state.unread:
        return Decision(ROTATED, _why_new(state))
    if state.value is None:
        raise AssertionError("a value that the decision needs was not read")
    same = same_value(newest, state.value, options.hash_key)
    if same:
        if (
            state.version is not None
            or state.validity is not None
            or not secret_labels.same_source(newest.secret.labels, request.source)
        ):
            return Decision(RECORDED, f"same value in {_source_text(state)}")
        return _labels_decision(request, newest, "same value")
    if same is None and state.version is None and state.validity is None:
        # Rotating on every run because the key is missing would restart services for nothing.
        raise InputError(
            f"Cannot tell whether the value of {request.name} changed: the fingerprint of "
            f"{newest.secret.name} was made with another hash_key.",
            "Give that hash_key, or rotate once with force: true to use the new one.",
        )
    return Decision(ROTATED, _why_new(state))


def _why_new(state: SourceState) -> str:
    if state.renewal is not None:
        return f"renewed: {state.renewal.reason}"
    return f"new value in {_source_text(state)}"


def _labels_decision(request: SecretRequest, newest: Version, reason: str) -> Decision:
    has = newest.secret.labels
    missing = [key for key, value in request.labels.items() if has.get(key) != value]
    missing += [key for key in request.dropped_labels if key in has]
    if (request.renew_before or "") != has.get(secret_labels.RENEW_BEFORE, ""):
        missing.append(secret_labels.RENEW_BEFORE)
    if missing:
        return Decision(RECORDED, f"{reason}; labels differ: {', '.join(sorted(missing))}")
    return Decision(UNCHANGED, reason)


def _source_text(state: SourceState) -> str:
    return "the source" if state.version is None else f"source version {state.version}"
