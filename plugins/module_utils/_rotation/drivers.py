# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that a driver serves: what can be, and what labels of such a secret ask for.

Loaded only where a driver is in play. What a driver is asked for is told by labels alone, in the
words of the secretprovider plugin, which are mostly those of the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._common import errors
from .._vault import source as vault_source
from . import labels as secret_labels

if t.TYPE_CHECKING:
    from . import request as requested
    from . import versions

#: Formats that the plugin knows and that nothing else does.
_PLUGIN_FORMATS = ("meta+json",)
_FORMAT = "vault_format"


def settled(
    request: requested.SecretRequest, logical: versions.LogicalSecret
) -> requested.SecretRequest:
    """Return a request that tells who is to serve the value, where it leaves that open.

    Then it stays as it is with the version that services run. Before there is one of ours, it stays
    open.
    """
    if request.driver is not None or not logical.managed:
        return request
    return dataclasses.replace(request, driver=_speaking(logical).driver or "")


def driver_in(logical: versions.LogicalSecret) -> str | None:
    """Return the driver of a secret that only labels tell of; None: the Swarm stores it."""
    return _speaking(logical).driver


def _speaking(logical: versions.LogicalSecret) -> versions.Version:
    return logical.newest or logical.versions[-1]


def driver_problems(
    request: requested.SecretRequest, *, by_labels: bool = False
) -> t.Iterator[str]:
    """Say why a driver cannot serve what is asked for.

    :param by_labels: the source was told by labels, which the driver reads in its own way.
    """
    driver, source = request.driver, request.source
    if request.data is not None:
        yield (
            f"its value is given as data, which the driver {driver} cannot serve: give vault_path, "
            f"or driver: '' to have it stored in the Swarm"
        )
    if source is None:
        return
    if source.engine != "kv2":
        yield (
            f"the driver {driver} goes with vault_engine kv2, not with {source.engine}, which has "
            f"no versions that a Swarm secret could stay at: give driver: '' to have the value "
            f"stored in the Swarm"
        )
        return
    if by_labels:
        return
    if source.field is None and source.format != "json":
        yield (
            f"vault_field is missing: only the driver {driver} reads the value, so that nobody can "
            f"tell here whether there is only one field"
        )


def below_mount(path: str, mount: str, engine: str = "kv2") -> str:
    """Return a path as the plugin reads what people wrote: without what others put in front.

    Users of the command line write the mount there, and those of the API ``data/``.
    """
    path = path.strip("/").removeprefix(f"{mount}/")
    return (path.removeprefix("data/") if engine == "kv2" else path).strip("/")


def source_problem(labels: t.Mapping[str, str]) -> str | None:
    """Say why a driver's secret, told of by labels alone, cannot have versions; None: it can."""
    kind = labels.get("vault_type") or "secret"
    if kind != "secret":
        return f"its driver makes a {kind} for each task, which has no versions"
    return None


def source_in(
    labels: t.Mapping[str, str],
    read: t.Callable[[t.Mapping[str, str]], vault_source.VaultSource | None],
) -> vault_source.VaultSource | None:
    """Return the source that labels of a driver's secret name.

    :param read: reads one from labels that the collection understands.
    :raises InputError: it is none, or one that has no versions.
    """
    known = dict(labels)
    value_format = labels.get(_FORMAT, "")
    if value_format in _PLUGIN_FORMATS:
        del known[_FORMAT]
    if secret_labels.NAME not in labels:
        mount = labels.get(secret_labels.VAULT_MOUNT, vault_source.DEFAULT_MOUNT).strip("/")
        path = labels.get(secret_labels.VAULT_PATH, "")
        known[secret_labels.VAULT_PATH] = below_mount(path, mount)
    source = read(known)
    if source is None:
        return None
    if source.engine != "kv2":
        raise errors.InputError(
            f"its driver reads {source.location} with vault_engine {source.engine}, which has no "
            f"versions."
        )
    return dataclasses.replace(source, format=value_format or source.format)
