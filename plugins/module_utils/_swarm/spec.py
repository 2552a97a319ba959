# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edits of a service spec in the form the engine gave it. Pure.

The whole spec goes back to the engine, so every edit is a deep copy that differs in nothing but
secret references: fields the collection has never heard of survive.

The order of references is part of what a task is made from: a service that is updated with another
order restarts. ``docker stack deploy`` sorts them by the names of the secrets (docker/cli,
``cli/compose/convert/service.go``), so an edit, after which tasks restart anyway, leaves sorted
what it found sorted: deploying the stack with the new names then changes nothing. Any other order
is somebody's own, and stays.
"""

from __future__ import annotations

import copy
import typing as t

from .._common import errors
from . import model, responses

# The fields of an entry that say which secret it is; the others say how it appears in a container.
_IDENTITY = ("SecretID", "SecretName")

_Entries = t.Sequence[t.Mapping[str, t.Any]]


def references(spec: model.RawSpec) -> tuple[model.Reference, ...]:
    """Return the secret references of a service spec, in the engine's order."""
    return responses.references_of_task(spec.get("TaskTemplate") or {})


def swap_references(
    spec: model.RawSpec, swaps: t.Mapping[str, tuple[str, str]]
) -> dict[str, t.Any]:
    """Return the spec with other secrets behind the same files.

    :param swaps: ID of a referenced secret -> ID and name of the one that takes its place.
    """
    edited = _copy(spec)
    entries = _entries(edited)
    was_sorted = _is_sorted(entries)
    for entry in entries:
        if entry.get("SecretID") in swaps:
            # Both: the engine refuses a reference whose name is not that of its ID.
            entry["SecretID"], entry["SecretName"] = swaps[entry["SecretID"]]
    if was_sorted:
        entries.sort(key=_secret_name)
    return edited


def attach_reference(  # noqa: PLR0913, PLR0917 - these are the fields of one reference
    spec: model.RawSpec,
    secret_id: str,
    secret_name: str,
    target: str,
    uid: str = "0",
    gid: str = "0",
    mode: int = 0o444,
) -> dict[str, t.Any]:
    """Return the spec with one more reference: in its place among sorted ones, else at the end.

    :param target: file name below ``/run/secrets``, or an absolute path.
    :param mode: permissions of the file.
    :raises InputError: the service runs no containers (a plugin service has no secrets).
    """
    edited = _copy(spec)
    container = (edited.get("TaskTemplate") or {}).get("ContainerSpec")
    if container is None:
        raise errors.InputError(
            f"Secret {secret_name} cannot be attached to service {spec.get('Name', '')}: "
            "the service does not run containers."
        )
    file = {"Name": target, "UID": str(uid), "GID": str(gid), "Mode": mode}
    entry = {"File": file, "SecretID": secret_id, "SecretName": secret_name}
    before = container.get("Secrets") or []
    after = [*before, entry]
    container["Secrets"] = sorted(after, key=_secret_name) if _is_sorted(before) else after
    return edited


def detach_reference(spec: model.RawSpec, secret_id: str) -> dict[str, t.Any]:
    """Return the spec without the references to that secret."""
    edited = _copy(spec)
    entries = _entries(edited)
    entries[:] = [entry for entry in entries if entry.get("SecretID") != secret_id]
    return edited


def differs_only_in_references(spec_a: model.RawSpec, spec_b: model.RawSpec) -> bool:
    """Tell whether ``spec_b`` is ``spec_a`` with secrets swapped, or added, and nothing else.

    True for equal specs. Each entry must stand where an edit would have put it.
    """
    plain_a, plain_b = _copy(spec_a), _copy(spec_b)
    entries_a, entries_b = _take_entries(plain_a), _take_entries(plain_b)
    return plain_a == plain_b and (
        _begins_alike(entries_a, entries_b)
        or (_is_sorted(entries_a) and _is_sorted(entries_b) and _holds_all(entries_a, entries_b))
    )


def _copy(spec: model.RawSpec) -> dict[str, t.Any]:
    return copy.deepcopy(dict(spec))


def _entries(spec: model.RawSpec) -> list[dict[str, t.Any]]:
    """Return the list of entries itself, or an empty one where there is none."""
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    entries: list[dict[str, t.Any]] = container.get("Secrets") or []
    return entries


def _take_entries(spec: model.RawSpec) -> list[dict[str, t.Any]]:
    """Remove the entries from the spec and return them; no list, null and [] are the same."""
    entries = _entries(spec)
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    container.pop("Secrets", None)
    return entries


def _is_sorted(entries: _Entries) -> bool:
    names = [_secret_name(entry) for entry in entries]
    return names == sorted(names)


def _secret_name(entry: t.Mapping[str, t.Any]) -> str:
    return entry.get("SecretName") or ""


def _begins_alike(first: _Entries, second: _Entries) -> bool:
    return len(first) <= len(second) and all(
        _appearance(one) == _appearance(other) for one, other in zip(first, second)
    )


def _holds_all(first: _Entries, second: _Entries) -> bool:
    """Tell whether each of the first appears among the second, wherever."""
    left = [_appearance(entry) for entry in second]
    for appearance in map(_appearance, first):
        if appearance not in left:
            return False
        left.remove(appearance)
    return True


def _appearance(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {key: value for key, value in entry.items() if key not in _IDENTITY}
