# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The spec edits that move one consumer on, or back: nothing changes but its references. Pure.

Each is made from the service as last read, so after a conflict it is simply made again.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._swarm import spec as specs

if t.TYPE_CHECKING:
    from ..._swarm import model as swarm_model
    from ..observe import state as states
    from ..plan import model as plan_model


@dataclass(frozen=True)
class Target:
    """The version of a logical secret that consumers are to run."""

    secret_id: str
    name: str


#: Id and name of the secret that a reference led to before, by the id of the one that it leads to
#: now; None where there was no such reference.
Undo = t.Mapping[str, t.Optional[tuple[str, str]]]


@dataclass(frozen=True)
class Move:
    """What moves a consumer on.

    :param spec: the whole spec with all swaps made; None where nothing is left to swap.
    :param names: the logical secrets that the consumer then has at their target.
    """

    spec: swarm_model.RawSpec | None
    names: tuple[str, ...]
    undo: Undo = field(default_factory=dict)


def move_to_targets(  # noqa: PLR0913  # a service, what is wanted of it, and what is known
    service: swarm_model.Service,
    plan: plan_model.ConsumerPlan,
    state: states.SwarmState,
    targets: t.Mapping[str, Target],
    blocked: t.Container[str],
    *,
    siblings: t.Callable[[str], t.Sequence[str]] = lambda name: (name,),
) -> Move:
    """Return the move to the targets of a plan, less what is blocked.

    Somebody may have deployed the service since the plan was made, with what it ran before. What
    goes with a change is then moved along: the new password would come beside a user of long ago.

    :param siblings: the logical secrets that one read fills together with one.
    """
    wanted = [name for name in plan.changed_secrets if name not in blocked]
    together = {sibling for name in wanted for sibling in siblings(name)}
    wanted += _moved_along(service, plan, state, targets, together)
    swaps: dict[str, tuple[str, str]] = {}
    undo: dict[str, tuple[str, str] | None] = {}
    referred = set()
    for reference in service.references:
        version = state.by_secret_id.get(reference.secret_id)
        logical = version.logical if version else None
        for name in wanted:
            target = targets[name]
            if reference.secret_id == target.secret_id:
                referred.add(name)
            elif logical == name:
                referred.add(name)
                swaps[reference.secret_id] = (target.secret_id, target.name)
                undo[target.secret_id] = (reference.secret_id, reference.secret_name)
    spec: swarm_model.RawSpec = (
        specs.swap_references(service.raw_spec, swaps) if swaps else service.raw_spec
    )
    for attach in plan.attaches:
        if attach.logical in blocked or attach.logical in referred:
            continue
        target, item = targets[attach.logical], attach.attachment
        file_name = item.target if item.target is not None else attach.logical
        if any(reference.target == file_name for reference in service.references):
            continue  # somebody else attached one meanwhile
        referred.add(attach.logical)
        undo[target.secret_id] = None
        spec = specs.attach_reference(
            spec,
            target.secret_id,
            target.name,
            file_name,
            item.uid,
            item.gid,
            item.mode,
        )
    # One that is not referred to any more was taken out, or moved on, by somebody else.
    found = [name for name in wanted if name in referred]
    watched = [name for name in plan.watched if name not in blocked and name in targets]
    names = tuple(dict.fromkeys((*found, *watched)))
    return Move(None if spec is service.raw_spec else spec, names, undo)


def kept_back(
    changed: t.Sequence[str],
    blocked: t.Mapping[str, str],
    siblings: t.Callable[[str], t.Sequence[str]],
) -> dict[str, str]:
    """Return which changes of a consumer are not made, with the reasons.

    Where a new password is not to come, nor is the user that goes with it: both stay what they are,
    even if only the password is new to the other consumers.

    :param blocked: why a secret is started on no further consumer.
    :param siblings: the logical secrets that one read fills together with one.
    """
    found = {name: blocked[name] for name in changed if name in blocked}
    for name in changed:
        kept = next((sibling for sibling in siblings(name) if sibling in found), None)
        if kept is not None:
            found.setdefault(name, f"it goes with {kept}")
    return found


def _moved_along(
    service: swarm_model.Service,
    plan: plan_model.ConsumerPlan,
    state: states.SwarmState,
    targets: t.Mapping[str, Target],
    names: t.Collection[str],
) -> tuple[str, ...]:
    """Return those of the names that were where they belong when the plan was made, and are not."""
    left = {*plan.changed_secrets, *plan.refused, *plan.unclear}
    return tuple(
        dict.fromkeys(
            version.logical
            for reference, version in state.versions_in(service.references)
            if version.logical in targets
            and version.logical in names
            and version.logical not in left
            and reference.secret_id != targets[version.logical].secret_id
        )
    )


def can_use_previous_spec(
    service: swarm_model.Service,
    given: t.Collection[str],
    gone_from: t.Collection[str],
    rejected: t.Container[str] = (),
) -> bool:
    """Tell whether the engine's own rollback undoes our swaps and nothing else.

    :param given: ids of the secrets that the consumer was moved to.
    :param gone_from: those of them that it is to go back from.
    :param rejected: ids to which nobody is to come back: after a way back they are what was before.
    """
    previous = service.raw_previous_spec
    return (
        previous is not None
        and set(given) <= set(gone_from)
        and not any(
            item.secret_id in gone_from or item.secret_id in rejected
            for item in service.previous_references
        )
        and specs.differs_only_in_references(previous, service.raw_spec)
    )


def go_back(
    service: swarm_model.Service,
    state: states.SwarmState,
    gone_from: t.Mapping[str, Target],
    undo: Undo,
) -> swarm_model.RawSpec | None:
    """Return the spec without what a consumer goes back from; None where there is no way.

    Only references to that very version are touched: a consumer that is back already, because an
    answer was lost or somebody was faster, must not go back once more.

    :param gone_from: the versions that it goes back from, by logical name.
    """
    spec: swarm_model.RawSpec = service.raw_spec
    held = {reference.secret_id for reference in service.references}
    swaps: dict[str, tuple[str, str]] = {}
    for name, target in gone_from.items():
        if target.secret_id not in held:
            continue
        if target.secret_id in undo:
            old = undo[target.secret_id]
            if old is None:
                spec = specs.detach_reference(spec, target.secret_id)
            else:
                swaps[target.secret_id] = old
            continue
        version = state.by_secret_id.get(target.secret_id)
        before = state.secret(name).before(version.number) if version else None
        if before is not None:
            swaps[target.secret_id] = (before.secret.id, before.secret.name)
    if swaps:
        spec = specs.swap_references(spec, swaps)
    return None if spec is service.raw_spec else spec
