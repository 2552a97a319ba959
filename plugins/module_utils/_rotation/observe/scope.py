# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which logical secrets a run is about: those listed, and those whose labels tell a source."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field

from ..._common import errors
from ..._swarm import naming
from ..._vault.engines import location
from .. import labels as secret_labels
from .. import renewal_margin
from .. import request as requested
from ..discovery import USUAL

if t.TYPE_CHECKING:
    from ..._vault import source as vault_source
    from .. import versions
    from ..discovery import Discovery
    from . import allowed_paths
    from . import state as states


@dataclass(frozen=True)
class Scope:
    """The requests of a run, and what is wrong with some of them.

    :param problems: why the labels of a secret cannot be followed, by logical name.
    :param warnings: what had to be left out.
    """

    requests: tuple[requested.SecretRequest, ...]
    problems: t.Mapping[str, errors.InputError] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class BrokenLabelError(errors.InputError):
    """A label of a Swarm secret makes no sense, so that its owner has to mend it."""


def scope_of(  # noqa: PLR0913  # what is asked for, what there is, and what labels may say
    requests: t.Iterable[requested.SecretRequest],
    state: states.SwarmState,
    allowed: allowed_paths.AllowedPaths,
    *,
    discover: bool,
    sources: bool,
    discovery: Discovery = USUAL,
) -> Scope:
    """Complete the listed secrets from labels and add the discovered ones.

    A secret whose labels cannot be followed has a problem, and stops no other. One that is only
    discovered, and whose labels ask for what labels may not have, is left out with a warning:
    everybody who may create secrets could let every run fail otherwise.

    :param allowed: what labels may ask for, whether the task lists the secret or not.
    :param sources: whether the run needs to know where values come from.
    :param discovery: which secrets are discovered.
    """
    found: list[requested.SecretRequest] = []
    problems: dict[str, errors.InputError] = {}
    warnings: list[str] = []
    for request in requests:
        try:
            found.append(_completed(request, state, allowed) if sources else request)
        except errors.InputError as error:
            found.append(request)
            problems[request.name] = error
    taken = {request.name for request in found}
    for name in sorted(state.logical) if discover else ():
        logical = state.logical[name]
        if name in taken or not logical.labels.get(secret_labels.VAULT_PATH):
            continue
        if discovery.is_for_another(logical.labels):
            continue
        try:
            request = _discovered(discovery.completed(logical), allowed)
            discovery.check(request.source, logical, state.services)
            labels = {**request.labels, **discovery.labels}
            found.append(dataclasses.replace(request, labels=labels))
        except BrokenLabelError as error:
            found.append(requested.SecretRequest(name))
            problems[name] = error
        except errors.InputError as error:
            problem = error.message.rstrip(".")
            warnings.append(f"Discovered secret {name} is left as it is: {problem}.")
    return Scope(tuple(found), problems, tuple(warnings))


def _completed(
    request: requested.SecretRequest, state: states.SwarmState, allowed: allowed_paths.AllowedPaths
) -> requested.SecretRequest:
    """Return a request with what labels and versions tell, where it leaves that open.

    :raises errors.InputError: they tell of no source that can be used.
    """
    logical = state.secret(request.name)
    if any(version.driver for version in logical.managed):
        from .. import drivers

        request = drivers.settled(request, logical)
    given = request.source is not None or request.data is not None
    if not given:
        request = _with_source(request, logical.labels, allowed)
    if request.driver:
        from .. import drivers

        problems = "; ".join(drivers.driver_problems(request, by_labels=not given))
        if problems:
            raise errors.InputError(f"{problems}.")
    return request


def _with_source(
    request: requested.SecretRequest,
    labels: t.Mapping[str, str],
    allowed: allowed_paths.AllowedPaths,
) -> requested.SecretRequest:
    """Return a request with the source that labels tell.

    :raises InputError: they tell none that can be used.
    """
    try:
        source = _source_in(labels, allowed, served=bool(request.driver))
    except errors.InputError as error:
        raise errors.InputError(
            f"The labels of secret {request.name} do not name a usable source:"
            f" {error.message.rstrip('.')}.",
            "Give vault_path in the task, correct the labels, or list the path in discover_paths.",
        ) from error
    renew_before = request.renew_before or labels.get(secret_labels.RENEW_BEFORE)
    return dataclasses.replace(request, source=source, renew_before=renew_before)


def _discovered(
    logical: versions.LogicalSecret, allowed: allowed_paths.AllowedPaths
) -> requested.SecretRequest:
    """Return the request that labels make.

    :raises InputError: the secret cannot be managed.
    """
    driver = None
    if any(version.driver for version in logical.versions):
        from .. import drivers

        driver = drivers.driver_in(logical)
        unfit = drivers.source_problem(logical.labels) if driver else None
        if unfit:
            raise errors.InputError(f"{unfit}.")
    source = _source_in(logical.labels, allowed, served=bool(driver))
    renew_before = logical.labels.get(secret_labels.RENEW_BEFORE)
    margin = renewal_margin.margin_problem(renew_before) if renew_before else None
    problem = (
        f"label {margin}" if margin else naming.check_name(naming.version_name(logical.name, 1))
    )
    if problem:
        raise BrokenLabelError(f"{problem}.")
    return requested.SecretRequest(
        logical.name, source, renew_before=renew_before, driver=driver or ""
    )


def _source_in(
    labels: t.Mapping[str, str], allowed: allowed_paths.AllowedPaths, *, served: bool
) -> vault_source.VaultSource | None:
    """Return the source that labels name.

    :param served: for a driver, which has words of its own.
    :raises InputError: it is none, or one that labels may not ask for; the message says why.
    """
    if served:
        from .. import drivers

        return drivers.source_in(labels, lambda known: _source_in(known, allowed, served=False))
    try:
        source = secret_labels.source_from_labels(labels)
    except errors.InputError:
        raise  # what is never a source
    except ValueError as error:
        _check_place(secret_labels.place_from_labels(labels), allowed)
        raise BrokenLabelError(f"{error}.") from None
    _check_place(source, allowed)
    return source


def _check_place(
    source: vault_source.VaultSource | None, allowed: allowed_paths.AllowedPaths
) -> None:
    """Refuse a place that labels may not ask for.

    :raises InputError: it is one, or none at all.
    """
    if source is None:
        return
    location.locate(source)  # here, where it concerns this secret alone
    problem = allowed.problem_with(source)
    if problem:
        raise errors.InputError(f"{problem}.")
