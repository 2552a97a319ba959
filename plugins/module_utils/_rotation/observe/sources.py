# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the plan needs to know of the sources, and no more."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common import errors as common_errors
from ..._vault import errors as vault_errors
from ..._vault import source as vault_source
from .. import validation
from ..plan import decision
from . import state
from .renewal import decide_renewals, may_issue

if t.TYPE_CHECKING:
    from .. import request

#: What a source cannot help, and all others meet as well.
_OUTAGES = (
    common_errors.SourceUnreachableError,
    vault_errors.LoginError,
    vault_errors.WrongAddressError,
)

Sources = dict[str, state.SourceState]


def observe_sources(
    before: state.Observation,
    options: request.Options,
    reader: vault_source.SourceReader,
    *,
    check_mode: bool = False,
) -> tuple[state.ObservedSecret, ...]:
    """Return the secrets with the states of their sources.

    A source that fails concerns its own secret, and those that go with it.

    :param before: what is known without Vault.
    :param check_mode: read nothing that lets Vault make a credential or a certificate.
    :raises SourceError: Vault serves nothing at all, under ``on_source_error: fail``.
    """
    known = _known(before, options, reader)
    needed = [secret for secret in known if _needs_value(secret, force=options.force)]
    unread = {secret.name for secret in needed if check_mode and may_issue(secret)}
    wanted = {
        secret.request.source: vault_source.SourceVersion(
            secret.source.version, secret.source.created_time
        )
        for secret in needed
        if secret.request.source is not None and secret.name not in unread
    }
    values = reader.values(wanted) if wanted else {}
    states = {
        secret.name: dataclasses.replace(_with_value(secret, values), unread=secret.name in unread)
        for secret in known
    }
    _share_errors(before.secrets, states)
    if options.on_source_error == "fail":
        _raise_outage(before.secrets, states)
    return tuple(one._replace(source=states[one.name]) for one in before.secrets)


def _known(
    before: state.Observation, options: request.Options, reader: vault_source.SourceReader
) -> list[state.ObservedSecret]:
    """Return the secrets with what is known of their sources before a value is read."""
    sources = dict.fromkeys(one.request.source for one in before.secrets if one.request.source)
    versions = reader.versions(sources)
    renewals = decide_renewals(before, force=options.force)
    known = [
        one._replace(source=_before_reading(one, versions, renewals.get(one.name)))
        for one in before.secrets
    ]
    if options.force:
        return known
    rejected = {one.name for one in known if decision.is_rejected(one)}
    return [_held(one, rejected) for one in known]


def _held(secret: state.ObservedSecret, rejected: t.Container[str]) -> state.ObservedSecret:
    """Note on a secret that what goes with it keeps it from being changed, whatever it holds."""
    holding = next((name for name in secret.group if name in rejected), None)
    if holding is None or secret.source.error is not None or not decision.needs_value(secret):
        return secret
    return secret._replace(source=dataclasses.replace(secret.source, held_by=holding))


def _before_reading(
    secret: state.ObservedSecret,
    versions: t.Mapping[vault_source.VaultSource, vault_source.SourceVersion | Exception],
    renewal: state.RenewalDecision | Exception | None,
) -> state.SourceState:
    if secret.source.error is not None:
        return secret.source
    if secret.request.source is None:
        return state.SourceState(value=secret.request.data)
    version = versions[secret.request.source]
    if isinstance(version, Exception):
        return state.SourceState(error=version)
    if isinstance(renewal, Exception):
        return state.SourceState(error=renewal)
    return state.SourceState(version.number, version.created_time, renewal=renewal)


def _needs_value(secret: state.ObservedSecret, *, force: bool) -> bool:
    return (
        secret.request.source is not None
        and secret.source.error is None
        and decision.needs_value(secret, force=force)
    )


def _with_value(
    secret: state.ObservedSecret,
    values: t.Mapping[vault_source.VaultSource, vault_source.SourceValue | Exception],
) -> state.SourceState:
    known, source = secret.source, secret.request.source
    if source is None or source not in values or known.error is not None:
        return known
    read = values[source]
    if isinstance(read, Exception):
        return state.SourceState(error=read, renewal=known.renewal)
    wrong = "; ".join(validation.value_problems(read.value, "its value"))
    if wrong:
        return state.SourceState(
            error=common_errors.SourceError(f"{wrong}."), renewal=known.renewal
        )
    return dataclasses.replace(
        known,
        value=read.value,
        version=read.version.number,
        created_time=read.version.created_time or known.created_time,
        validity=read.validity,
    )


def _share_errors(secrets: t.Sequence[state.ObservedSecret], states: Sources) -> None:
    """Let what came from one read fail together: half of it would not work with the old other."""
    for names in dict.fromkeys(secret.group for secret in secrets):
        found = [states[name] for name in names]
        error = next((one.error for one in found if one.error is not None), None)
        if error is not None and any(one.ends for one in found):
            states.update({name: state.SourceState(error=error) for name in names})


def _raise_outage(
    secrets: t.Iterable[state.ObservedSecret], states: t.Mapping[str, state.SourceState]
) -> None:
    """Refuse to go on where nothing can be read.

    :raises SourceError: all sources fail, since Vault cannot be used.
    """
    errors = {one.name: states[one.name].error for one in secrets if one.request.source is not None}
    failed = {name: error for name, error in errors.items() if isinstance(error, _OUTAGES)}
    if not failed or len(failed) < len(errors):
        return
    passing = all(
        isinstance(error, common_errors.SourceUnreachableError) for error in failed.values()
    )
    kind = common_errors.SourceUnreachableError if passing else common_errors.SourceError
    raise kind(f"Nothing was changed. {common_errors.told_once(failed)}")
