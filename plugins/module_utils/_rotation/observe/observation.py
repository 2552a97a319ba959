# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All reading: what is in the Swarm, and as far as the state asked for needs it, in Vault."""

from __future__ import annotations

import typing as t

from .. import groups as grouping
from .. import validation, versions
from . import adoption, allowed_paths, consumers
from . import state as states
from .scope import scope_of
from .sources import observe_sources

if t.TYPE_CHECKING:
    from ..._common import clock as clocks
    from ..._swarm import client
    from ..._vault import source
    from .. import request as requested


def observe(  # noqa: PLR0913  # what a run is about, how, and the three places it reads
    requests: t.Sequence[requested.SecretRequest],
    options: requested.Options,
    swarm: client.SwarmClient,
    reader: source.SourceReader,
    clock: clocks.Clock,
    *,
    check_mode: bool = False,
) -> states.Observation:
    """Look at everything that the plan depends on, and change nothing.

    :param reader: used only where the state needs sources.
    :param check_mode: read nothing that lets Vault make a credential or a certificate.
    :raises InputError: the request cannot be carried out.
    :raises SourceError: nothing at all can be read, under ``on_source_error: fail``.
    :raises DockerError: the engine refused or was lost.
    """
    found = swarm.secrets()
    state = states.SwarmState.of(found, swarm.services(), adoption.claims_of(requests, found))
    allowed = allowed_paths.AllowedPaths(options.discover_paths)
    present = options.state == "present"
    now = clock.now()
    scope = scope_of(
        requests,
        state,
        allowed,
        discover=options.discover,
        sources=present,
        discovery=options.discovery,
    )
    if not present:
        return states.Observation(state, observed(scope.requests, state), {}, now, scope.warnings)
    validation.check_against(
        [one for one in scope.requests if one.name not in scope.problems], state
    )
    adoption.check_drivers(scope.requests, state)
    names = [request.name for request in scope.requests]
    state = _with_tasks(state, consumers.maybe_rejected_by(names, state), swarm)
    rejected_by = consumers.find_rejected(names, state)
    warnings = (*scope.warnings, *adoption.adoption_warnings(scope.requests, state))
    secrets = tuple(
        one._replace(source=states.SourceState(error=scope.problems.get(one.name)))
        for one in observed(scope.requests, state, rejected_by)
    )
    before = states.Observation(state, secrets, rejected_by, now, warnings)
    sources = observe_sources(before, options, reader, check_mode=check_mode)
    return before._replace(secrets=sources)


def look_at_tasks(
    observation: states.Observation, service_ids: t.Collection[str], swarm: client.SwarmClient
) -> states.Observation:
    """Look at the tasks of services more closely, before they are touched.

    Only where a plan touches them: a run that finds nothing to do asks for no tasks. Returns the
    observation itself where there is nothing that was not looked at.

    :raises DockerError: the engine refused or was lost.
    """
    state = _with_tasks(observation.state, service_ids, swarm)
    if state is observation.state:
        return observation
    return observation._replace(state=state)


def _with_tasks(
    state: states.SwarmState, service_ids: t.Iterable[str], swarm: client.SwarmClient
) -> states.SwarmState:
    unseen = frozenset(service_ids) - state.tasks.keys()
    if not unseen:
        return state
    return state.with_tasks(unseen, swarm.tasks(unseen, live_only=False))


def observed(
    requests: t.Sequence[requested.SecretRequest],
    state: states.SwarmState,
    rejected_by: t.Container[str] = (),
) -> tuple[states.ObservedSecret, ...]:
    """Return what the Swarm tells of each logical secret.

    :param rejected_by: ids of the secrets that consumers have just been found to reject.
    """
    groups: dict[str, tuple[str, ...]] = {}
    for members in grouping.groups_of(requests):
        names = tuple(member.name for member in members)
        groups.update(dict.fromkeys(names, names))
    return tuple(
        states.ObservedSecret(
            request,
            state.secret(request.name),
            versions.VersionChoice.of(state.secret(request.name), rejected_by),
            group=groups.get(request.name, (request.name,)),
        )
        for request in requests
    )
