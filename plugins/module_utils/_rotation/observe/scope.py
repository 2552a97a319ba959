# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which logical secrets a run is about: those listed, and those whose labels tell a source."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..._common.errors import InputError
from ..._swarm.naming import check_name, version_name
from ..._vault.engines.location import locate
from .. import labels as secret_labels
from ..renewal_margin import margin_problem
from ..request import SecretRequest

if t.TYPE_CHECKING:
    from ..._vault.source import VaultSource
    from ..versions import LogicalSecret
    from .allowed_paths import AllowedPaths
    from .state import SwarmState


@dataclass(frozen=True)
class Scope:
    """The requests of a run, and warnings about what had to be left out."""

    requests: tuple[SecretRequest, ...]
    warnings: tuple[str, ...] = ()


def scope_of(
    requests: t.Iterable[SecretRequest],
    state: SwarmState,
    allowed: AllowedPaths,
    *,
    discover: bool,
    sources: bool,
) -> Scope:
    """Complete the listed secrets from labels and add the discovered ones.

    :param allowed: what labels may ask for, whether the task lists the secret or not.
    :param sources: whether the run needs to know where values come from.
    :raises InputError: labels of a listed secret name no usable source, or one not allowed.
    """
    listed = [_completed(request, state, allowed) if sources else request for request in requests]
    if not discover:
        return Scope(tuple(listed))
    taken = {request.name for request in listed}
    warnings: list[str] = []
    for name in sorted(state.logical):
        logical = state.logical[name]
        if name in taken or not logical.labels.get(secret_labels.VAULT_PATH):
            continue
        problem = _discovery_problem(logical, allowed)
        if problem:
            warnings.append(f"Discovered secret {name} is left as it is: {problem}.")
        else:
            source = secret_labels.source_from_labels(logical.labels)
            renew_before = logical.labels.get(secret_labels.RENEW_BEFORE)
            listed.append(SecretRequest(name, source, renew_before=renew_before))
    return Scope(tuple(listed), tuple(warnings))


def _completed(request: SecretRequest, state: SwarmState, allowed: AllowedPaths) -> SecretRequest:
    if request.source is not None or request.data is not None:
        return request
    labels = state.secret(request.name).labels
    try:
        return dataclasses.replace(
            request,
            source=_source_in(labels, allowed),
            renew_before=request.renew_before or labels.get(secret_labels.RENEW_BEFORE),
        )
    except ValueError as error:
        raise InputError(
            f"The labels of secret {request.name} name no usable source: {error}.",
            "Give vault_path in the task, correct the labels, or list the path in discover_paths.",
        ) from error


def _discovery_problem(logical: LogicalSecret, allowed: AllowedPaths) -> str | None:
    """Say why a secret with a vault_path label cannot be managed."""
    # Its value would be copied into Raft, which the driver is there to avoid.
    if any(version.secret.driver for version in logical.versions):
        return "its value comes from a secret driver"
    try:
        _source_in(logical.labels, allowed)
    except ValueError as error:
        return str(error)
    margin = logical.labels.get(secret_labels.RENEW_BEFORE)
    if margin and margin_problem(margin):
        return f"label {margin_problem(margin)}"
    return check_name(version_name(logical.name, 1))


def _source_in(labels: t.Mapping[str, str], allowed: AllowedPaths) -> VaultSource | None:
    """Return the source that labels name.

    :raises ValueError: it is none, or one that labels may not ask for; the message says why.
    """
    try:
        source = secret_labels.source_from_labels(labels)
        if source is not None:
            locate(source)  # here, or one wrong label would stop the whole run when it is read
    except InputError as error:
        raise ValueError(error.message.rstrip(".")) from None
    problem = allowed.problem_with(source) if source is not None else None
    if problem:
        raise ValueError(problem)
    return source
