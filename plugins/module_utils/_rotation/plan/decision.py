# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to become of one logical secret: pure decisions on versions and source."""

from __future__ import annotations

import typing as t

from ..._common import errors
from .. import labels as secret_labels
from .. import payload
from ..observe import state as states
from . import model

if t.TYPE_CHECKING:
    from ..._common import secret_value
    from .. import request as requested
    from .. import versions


class Decision(t.NamedTuple):
    """The action for one logical secret, and why.

    :param rejected: the version that tells that the source's value must not be tried again.
    """

    action: model.SecretAction
    reason: str
    rejected: versions.Version | None = None


def follows(
    version: versions.Version, request: requested.SecretRequest, state: states.SourceState
) -> bool:
    """Tell whether a version is known, without its value, to hold what the source holds.

    In the way that is asked for: what a driver served and a consumer rejected may run well if it
    is stored, and the other way round.

    The creation time is compared as well: the numbers of a KV v2 path start anew when
    its metadata was deleted and the path written again.
    """
    return (
        _same_version(version, state)
        and payload.same_driver(version.driver, request.driver)
        and secret_labels.same_source(version.secret.labels, request.source)
        and not (request.driver and _driver_labels(request, version.secret.labels))
    )


def _same_version(version: versions.Version, state: states.SourceState) -> bool:
    recorded = version.secret.labels.get(secret_labels.SOURCE_TIME)
    return (
        state.version is not None
        and version.source_version == state.version
        and (recorded is None or state.created_time is None or recorded == state.created_time)
    )


def needs_value(secret: states.ObservedSecret, *, force: bool = False) -> bool:
    """Tell whether the source's data must be read, which unchanged secrets do not need.

    Nor does one that a driver serves: the driver reads it, and needs to be told which version.
    """
    source = secret.source
    if source.held_by is not None or secret.request.driver:
        return False
    if source.renewal is not None:
        return source.renewal.action is states.RenewalAction.DUE
    if force or source.version is None:
        return True
    return not is_rejected(secret) and not (
        secret.choice.current is not None and follows(secret.choice.current, secret.request, source)
    )


def is_rejected(secret: states.ObservedSecret) -> bool:
    """Tell whether the source's version, without its value, is known to have been rejected."""
    return any(
        follows(version, secret.request, secret.source) for version in secret.choice.rejected
    )


def same_value(
    version: versions.Version,
    value: secret_value.SecretValue,
    hash_key: secret_value.SecretValue | None,
) -> bool | None:
    """Compare a value with a version's fingerprint; None where that cannot be told."""
    stored = version.secret.labels.get(secret_labels.FINGERPRINT)
    from ..._common import fingerprint

    return fingerprint.verify(value, stored, hash_key) if stored else None


def decide(
    secret: states.ObservedSecret, options: requested.Options, rejected_by: t.Mapping[str, str]
) -> Decision:
    """Decide what becomes of a logical secret under ``state: present``.

    :param rejected_by: secret id of a pending version that consumers turned out to have rejected,
        with the names of these consumers.
    :raises InputError: whether the value changed cannot be told with the hash_key given.
    """
    source, choice, originals = secret.source, secret.choice, secret.versions.originals
    if source.error is not None:
        if options.on_source_error == "keep" and isinstance(source.error, errors.SourceError):
            reason = f"source not available, left as it is: {source.error}"
            return Decision(model.SecretAction.KEPT, reason)
        return Decision(model.SecretAction.FAILED, str(source.error))
    if source.renewal is not None and source.renewal.action is states.RenewalAction.POSTPONED:
        return Decision(model.SecretAction.QUARANTINED, source.renewal.reason)
    if source.held_by is not None:
        reason = f"{_source_text(source)} is quarantined together with {source.held_by}"
        return Decision(model.SecretAction.QUARANTINED, reason)
    if not options.force:
        rejected = _rejected(secret, options)
        if rejected is not None:
            reason = _rejection(rejected, source, rejected_by)
            return Decision(model.SecretAction.QUARANTINED, reason, rejected)
    if choice.current is None:
        if originals:
            names = " and ".join(version.secret.name for version in originals)
            was = "was" if len(originals) == 1 else "were"
            reason = f"takes over from {names}, which {was} not managed"
            return Decision(model.SecretAction.ADOPTED, reason)
        return Decision(model.SecretAction.CREATED, "no version exists yet")
    if options.force:
        return Decision(model.SecretAction.ROTATED, "forced")
    return _compare(secret.request, choice.current, source, options)


def released(
    secrets: t.Iterable[states.ObservedSecret],
    decisions: t.Mapping[str, Decision],
    options: requested.Options,
) -> dict[str, Decision]:
    """Decide anew on secrets that were rejected only for a text that was written again.

    :param secrets: those of one group, of which another has a value that was never rejected.
    """
    found = {}
    for secret in secrets:
        source, rejected = secret.source, decisions[secret.name].rejected
        if rejected is None or source.value is None:
            continue
        if follows(rejected, secret.request, source):
            continue
        current = secret.choice.current
        if current is None:
            again = Decision(
                model.SecretAction.CREATED, f"goes with a new value in {_source_text(source)}"
            )
        else:
            again = _compare(secret.request, current, source, options)
        found[secret.name] = again
    return found


def _rejected(secret: states.ObservedSecret, options: requested.Options) -> versions.Version | None:
    """Return the version that was rejected with what the source holds now, if there is one.

    The same text may have been written again, as a newer version of the source.
    """
    source, choice = secret.source, secret.choice
    for version in reversed(choice.rejected):
        if follows(version, secret.request, source):
            return version
    value = source.value
    if value is None or not choice.rejected:
        return None
    if choice.current is not None and same_value(choice.current, value, options.hash_key):
        return None  # it was rejected when it was forced, and runs well all the same
    again = (v for v in reversed(choice.rejected) if same_value(v, value, options.hash_key))
    return next(again, None)


def _rejection(
    version: versions.Version, source: states.SourceState, rejected_by: t.Mapping[str, str]
) -> str:
    where = rejected_by.get(version.secret.id) or version.secret.labels.get(
        secret_labels.FAILED_ON, ""
    )
    because = f"failed on {where}" if where else "was rolled back"
    return (
        f"{_source_text(source)} is quarantined: {version.secret.name} {because}; "
        f"a newer value in the source or force ends the quarantine"
    )


def _compare(
    request: requested.SecretRequest,
    current: versions.Version,
    state: states.SourceState,
    options: requested.Options,
) -> Decision:
    if state.renewal is not None and state.renewal.action is states.RenewalAction.FRESH:
        return _labels_decision(request, current, state.renewal.reason)
    if not payload.same_driver(current.driver, request.driver):
        return Decision(model.SecretAction.ROTATED, _why_moved(request, current))
    if request.driver:
        return _compare_served(request, current, state)
    if follows(current, request, state):
        return _labels_decision(request, current, "source version unchanged")
    if state.unread:
        return Decision(model.SecretAction.ROTATED, _why_new(state))
    if state.value is None:
        raise AssertionError("a value that the decision needs was not read")
    same = same_value(current, state.value, options.hash_key)
    if same:
        if (
            state.version is not None
            or state.validity is not None
            or not secret_labels.same_source(current.secret.labels, request.source)
        ):
            return Decision(model.SecretAction.RECORDED, f"same value in {_source_text(state)}")
        return _labels_decision(request, current, "same value")
    if same is None and state.version is None and state.validity is None:
        # Rotating on every run because the key is missing would restart services for nothing.
        raise errors.InputError(
            f"Cannot tell whether the value of {request.name} changed: the fingerprint of "
            f"{current.secret.name} was made with another hash_key.",
            "Give that hash_key, or rotate once with force: true to use the new one.",
        )
    return Decision(model.SecretAction.ROTATED, _why_new(state))


def _compare_served(
    request: requested.SecretRequest, current: versions.Version, state: states.SourceState
) -> Decision:
    """Compare what a driver serves: by its labels, as nobody but the driver knows the value."""
    if request.source is None or state.version is None:
        raise AssertionError("only a source that has versions can be served by a driver")
    has = current.secret.labels
    if not _same_version(current, state):
        return Decision(model.SecretAction.ROTATED, _why_new(state))
    if not secret_labels.reads_pinned(has, request.source, state.version):
        return Decision(model.SecretAction.ROTATED, f"another place in {_source_text(state)}")
    # With the labels of this version, its tasks would change at their next start, and no run see it.
    differ = _driver_labels(request, has)
    if differ:
        reason = f"the driver is to read other labels: {', '.join(sorted(differ))}"
        return Decision(model.SecretAction.ROTATED, reason)
    reason = "source version unchanged"
    if not secret_labels.same_source(has, request.source):
        return Decision(model.SecretAction.RECORDED, f"{reason}; vault_version is pinned otherwise")
    return _labels_decision(request, current, reason)


def _why_moved(request: requested.SecretRequest, current: versions.Version) -> str:
    if not request.driver:
        return f"from now on it is stored in the Swarm, not served by {current.driver}"
    before = f"not by {current.driver}" if current.driver else "not stored in the Swarm"
    return f"from now on it is served by {request.driver}, {before}"


def _why_new(state: states.SourceState) -> str:
    if state.renewal is not None:
        return f"renewed: {state.renewal.reason}"
    return f"new value in {_source_text(state)}"


def _labels_decision(
    request: requested.SecretRequest, current: versions.Version, reason: str
) -> Decision:
    has = current.secret.labels
    missing = _other_labels(request, has)
    if (request.renew_before or "") != has.get(secret_labels.RENEW_BEFORE, ""):
        missing.append(secret_labels.RENEW_BEFORE)
    if missing:
        return Decision(
            model.SecretAction.RECORDED, f"{reason}; labels differ: {', '.join(sorted(missing))}"
        )
    return Decision(model.SecretAction.UNCHANGED, reason)


def _other_labels(request: requested.SecretRequest, has: t.Mapping[str, str]) -> list[str]:
    """Return the labels that the entry wants otherwise."""
    found = [key for key, value in request.labels.items() if has.get(key) != value]
    return found + [key for key in request.dropped_labels if key in has]


def _driver_labels(request: requested.SecretRequest, has: t.Mapping[str, str]) -> list[str]:
    """Return those of them that change what a driver serves."""
    return [label for label in _other_labels(request, has) if secret_labels.is_for_driver(label)]


def _source_text(state: states.SourceState) -> str:
    return "the source" if state.version is None else f"source version {state.version}"
