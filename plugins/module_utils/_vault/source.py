# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a value lives in Vault, and what a read of it gives: data only, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from .._common import secret_value
from . import forbidden_paths
from . import validity as validities

DEFAULT_MOUNT = "secret"
ENGINES = ("kv2", "kv1", "read", "pki")
#: Engines whose path is named whole, its mount included.
WHOLE_PATH_ENGINES = ("read", "pki")
FORMATS = ("plain", "json", "base64")


@dataclass(frozen=True)
class VaultSource:
    """One value in Vault or OpenBao.

    :param path: path below the mount (``kv2``, ``kv1``) or the whole path (``read``, ``pki``).
    :param field: name of the field; None: the only field, or with ``json`` the whole object.
    :param mount: mount point of the engine, at any depth, without slashes at its ends.
    :param engine: one of :data:`ENGINES`.
    :param version: KV v2 version to stay at; None follows the current one.
    :param format: one of :data:`FORMATS`.
    :param params: what ``pki`` is asked for, as the JSON text of an object with sorted keys.
    :raises ForbiddenPathError: the place is never a source, whoever names it.
    """

    path: str
    field: str | None = None
    mount: str = DEFAULT_MOUNT
    engine: str = "kv2"
    version: int | None = None
    format: str = "plain"
    params: str = ""

    def __post_init__(self) -> None:
        """Refuse what nobody may ask for, in the one place that no edge gets round."""
        forbidden_paths.check_path(self.mount_beside_path, self.path)

    @property
    def mount_beside_path(self) -> str:
        """The mount; empty where the path is whole and names it."""
        return "" if self.engine in WHOLE_PATH_ENGINES else self.mount

    @property
    def location(self) -> str:
        """The path as a user would type it, for messages: ``secret/shop/db``."""
        return self.path if self.engine in WHOLE_PATH_ENGINES else f"{self.mount}/{self.path}"


@dataclass(frozen=True)
class SourceVersion:
    """What is known of a source without reading its data.

    :param number: KV v2 version number; None where the engine has no versions.
    :param created_time: RFC 3339 time of that version, where the engine tells.
    :param custom_metadata: what users noted about the path; nothing here decides by it.
    """

    number: int | None
    created_time: str | None = None
    custom_metadata: t.Mapping[str, str] = dataclass_field(default_factory=dict, compare=False)


class SourceValue(t.NamedTuple):
    """A value that was read.

    :param value: the bytes to hand to the engine.
    :param version: what version they are.
    :param validity: how long they are good for, where they end: leased credentials, certificates.
    """

    value: secret_value.SecretValue
    version: SourceVersion
    validity: validities.Validity | None = None


class SourceReader(t.Protocol):
    """What the core needs of Vault. Both methods share reads of one path among its sources.

    Errors are returned per source, not raised, so that one run can report all of them.
    """

    def versions(
        self, sources: t.Iterable[VaultSource]
    ) -> dict[VaultSource, SourceVersion | Exception]:
        """Tell the version of each source; ``kv2`` by metadata alone, others without any I/O."""

    def values(
        self, sources: t.Mapping[VaultSource, SourceVersion]
    ) -> dict[VaultSource, SourceValue | Exception]:
        """Read the value of each source at the version given (``kv2``) or as it is now.

        A path that gives leased credentials or certificates makes new ones at each read: one for
        all sources of this call that name it.
        """

    def held_leases(self) -> frozenset[str]:
        """Tell which leases the reads have taken that were not revoked since."""

    def revoke(self, lease_ids: t.Collection[str]) -> dict[str, Exception | None]:
        """End leases; tells for each why that could not be, or None. Ended ones are no error."""
