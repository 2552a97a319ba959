# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the plan needs to know of the sources, and no more."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.errors import InputError, SourceError, SourceUnreachableError, told_once
from ..._vault.source import SourceVersion
from ..plan.decision import needs_value
from ..validation import raise_problems, value_problems
from .renewal import decide_renewals, groups_of, may_issue
from .state import SourceState

if t.TYPE_CHECKING:
    from ..._vault.source import SourceReader, SourceValue, VaultSource
    from ..request import Options, SecretRequest
    from .renewal import Renewal
    from .state import Observation


def observe_sources(
    requests: t.Sequence[SecretRequest],
    observation: Observation,
    options: Options,
    reader: SourceReader,
) -> dict[str, SourceState]:
    """Return the state of each logical secret's source, by logical name.

    :raises SourceError: under ``on_source_error: fail``, naming every source at fault.
    :raises InputError: a value is empty or too large, or a source is named wrongly.
    """
    versions = reader.versions(
        {request.source: None for request in requests if request.source is not None}
    )
    known = {
        request.name: _known(request, versions, renewal)
        for request, renewal in decide_renewals(requests, observation, force=options.force)
    }
    needed = [one for one in requests if _needed(one, known[one.name], observation, options)]
    unread = {one.name for one in needed if observation.check_mode and may_issue(one, observation)}
    wanted = {
        one.source: SourceVersion(known[one.name].version, known[one.name].created_time)
        for one in needed
        if one.source is not None and one.name not in unread
    }
    values = reader.values(wanted) if wanted else {}
    states = {
        request.name: dataclasses.replace(
            _with_value(known[request.name], request.source, values),
            unread=request.name in unread,
        )
        for request in requests
    }
    _share_errors(requests, states)
    wrong = {name: s.error for name, s in states.items() if isinstance(s.error, InputError)}
    raise_problems([f"{name}: {error}" for name, error in wrong.items()])
    if options.on_source_error == "fail":
        _raise_errors(states)
    _check_sizes(states)
    return states


def _known(
    request: SecretRequest,
    versions: t.Mapping[VaultSource, SourceVersion | Exception],
    renewal: Renewal | None,
) -> SourceState:
    """Return what is known of a source before its value is read."""
    if request.source is None:
        return SourceState(value=request.data)
    version = versions[request.source]
    if not isinstance(version, SourceVersion):
        return SourceState(error=version)
    return SourceState(version.number, version.created_time, renewal=renewal)


def _needed(
    request: SecretRequest, known: SourceState, observation: Observation, options: Options
) -> bool:
    return (
        request.source is not None
        and known.error is None
        and needs_value(
            observation.state.secret(request.name),
            request.source,
            known,
            rejected_by=observation.rejected_by,
            force=options.force,
        )
    )


def _with_value(
    known: SourceState,
    source: VaultSource | None,
    values: t.Mapping[VaultSource, SourceValue | Exception],
) -> SourceState:
    if source is None or source not in values or known.error is not None:
        return known
    read = values[source]
    if isinstance(read, Exception):
        return SourceState(error=read, renewal=known.renewal)
    return dataclasses.replace(
        known,
        value=read.value,
        version=read.version.number,
        created_time=read.version.created_time or known.created_time,
        validity=read.validity,
    )


def _share_errors(requests: t.Sequence[SecretRequest], states: dict[str, SourceState]) -> None:
    """Let what came from one read fail together: half of it would not work with the old other."""
    for members in groups_of(requests):
        found = [states[member.name] for member in members]
        error = next((one.error for one in found if one.error is not None), None)
        if error is not None and any(one.ends for one in found):
            states.update({member.name: SourceState(error=error) for member in members})


def _raise_errors(states: t.Mapping[str, SourceState]) -> None:
    failed = {name: state.error for name, state in states.items() if state.error is not None}
    if not failed:
        return
    passing = all(isinstance(error, SourceUnreachableError) for error in failed.values())
    kind = SourceUnreachableError if passing else SourceError
    raise kind(f"Nothing was changed. {told_once(failed)}")


def _check_sizes(states: t.Mapping[str, SourceState]) -> None:
    raise_problems(
        [
            problem
            for name, state in states.items()
            if state.value is not None
            for problem in value_problems(state.value, f"the value of {name}")
        ]
    )
