# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the plan needs to know of the sources, and no more."""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.errors import InputError, SourceError, SourceUnreachableError
from .._vault.source import SourceVersion
from .decision import needs_value
from .observation import SourceState
from .validate import raise_problems, value_problems

if t.TYPE_CHECKING:
    from .._vault.source import SourceReader, SourceValue, VaultSource
    from .observation import SwarmState
    from .request import Options, SecretRequest


def observe_sources(
    requests: t.Sequence[SecretRequest],
    state: SwarmState,
    options: Options,
    reader: SourceReader,
    faulty: t.Container[str],
) -> dict[str, SourceState]:
    """Return the state of each logical secret's source, by logical name.

    :param faulty: ids of secrets that consumers turned out to have rejected.
    :raises SourceError: under ``on_source_error: fail``, naming every source at fault.
    :raises InputError: a value is empty or too large, or a source is named wrongly.
    """
    versions = reader.versions(
        {request.source: None for request in requests if request.source is not None}
    )
    wanted: dict[VaultSource, SourceVersion] = {}
    for request in requests:
        if request.source is None:
            continue
        version = versions[request.source]
        if isinstance(version, SourceVersion) and needs_value(
            state.secret(request.name),
            request.source,
            SourceState(version.number, version.created_time),
            faulty=faulty,
            force=options.force,
        ):
            wanted[request.source] = version
    values = reader.values(wanted) if wanted else {}
    states = {request.name: _state(request, versions, values) for request in requests}
    wrong = {name: s.error for name, s in states.items() if isinstance(s.error, InputError)}
    raise_problems([f"{name}: {error}" for name, error in wrong.items()])
    if options.on_source_error == "fail":
        _raise_errors(states)
    _check_sizes(states)
    return states


def _state(
    request: SecretRequest,
    versions: t.Mapping[VaultSource, SourceVersion | Exception],
    values: t.Mapping[VaultSource, SourceValue | Exception],
) -> SourceState:
    if request.source is None:
        return SourceState(value=request.data)
    version = versions[request.source]
    if not isinstance(version, SourceVersion):
        return SourceState(error=version)
    state = SourceState(version.number, version.created_time)
    read = values.get(request.source)
    if read is None:
        return state
    if isinstance(read, Exception):
        return SourceState(error=read)
    return dataclasses.replace(
        state,
        value=read.value,
        version=read.version.number,
        created_time=read.version.created_time or state.created_time,
    )


def _raise_errors(states: t.Mapping[str, SourceState]) -> None:
    failed = {name: state.error for name, state in states.items() if state.error is not None}
    if not failed:
        return
    # One outage gives every source the same error: say it once.
    by_text: dict[str, list[str]] = {}
    for name, error in failed.items():
        by_text.setdefault(str(error), []).append(name)
    text = " ".join(f"{', '.join(names)}: {error}" for error, names in by_text.items())
    passing = all(isinstance(error, SourceUnreachableError) for error in failed.values())
    kind = SourceUnreachableError if passing else SourceError
    raise kind(f"Nothing was changed. {text}")


def _check_sizes(states: t.Mapping[str, SourceState]) -> None:
    raise_problems(
        [
            problem
            for name, state in states.items()
            if state.value is not None
            for problem in value_problems(state.value, f"the value of {name}")
        ]
    )
