# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the secrets that only labels tell of a run is for.

A module has one Vault, and whoever runs it decides what labels may ask that Vault for. The Docker
plugin may have several, of which labels choose one, and may let each service have its own paths.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from .._common import errors
from .._vault import source as vault_source
from . import labels as secret_labels

if t.TYPE_CHECKING:
    from .._swarm import model
    from . import versions

CONNECTION = "vault_connection"
#: The Vault that a secret comes from whose labels name none.
DEFAULT_CONNECTION = "default"

_NO_LABEL = f"it has no label {CONNECTION}, which means"

#: Says why services may not have what a secret's labels ask for; None: they may.
Refuse = t.Callable[
    [t.Optional["vault_source.VaultSource"], "versions.LogicalSecret", t.Sequence["model.Service"]],
    t.Optional[str],
]


def _refuse_nothing(
    _source: vault_source.VaultSource | None,
    _logical: versions.LogicalSecret,
    _services: t.Sequence[model.Service],
) -> None:
    """Leave it to ``discover_paths``."""


@dataclass(frozen=True)
class Discovery:
    """What a run knows of its Vault, and of others.

    :param connection: what the label ``vault_connection`` calls the run's Vault.
    :param others: what it calls the Vaults that other runs are for.
    :param mount: where the key/value engine of secrets is that the collection did not make, and
        whose labels do not say so.
    :param refuse: asked with all services that use the secret, beside ``discover_paths``.
    """

    connection: str = DEFAULT_CONNECTION
    others: t.Collection[str] = ()
    mount: str = vault_source.DEFAULT_MOUNT
    refuse: Refuse = _refuse_nothing

    def is_for_another(self, labels: t.Mapping[str, str]) -> bool:
        """Tell whether a secret belongs to a run with another Vault."""
        return _connection(labels) in self.others

    def completed(self, logical: versions.LogicalSecret) -> versions.LogicalSecret:
        """Return a secret whose labels say what they leave to the run's Vault.

        :raises InputError: they name a Vault that nobody knows.
        """
        name = _connection(logical.labels)
        if name != self.connection:
            known = ", ".join(sorted((self.connection, *self.others)))
            how = f"label {CONNECTION} names" if CONNECTION in logical.labels else _NO_LABEL
            raise errors.InputError(f"{how} the Vault {name!r}, and the run knows {known}.")
        last = logical.versions[-1]
        own = {key: value for key, value in last.secret.labels.items() if key != CONNECTION}
        engine = own.get("vault_engine") or vault_source.ENGINES[0]
        if (
            last.is_original
            and self.mount != vault_source.DEFAULT_MOUNT
            and engine not in vault_source.WHOLE_PATH_ENGINES
        ):
            own.setdefault(secret_labels.VAULT_MOUNT, self.mount)
        secret = dataclasses.replace(last.secret, labels=own)
        speaking = last._replace(secret=secret)
        return logical._replace(versions=(*logical.versions[:-1], speaking))

    def check(
        self,
        source: vault_source.VaultSource | None,
        logical: versions.LogicalSecret,
        services: t.Iterable[model.Service],
    ) -> None:
        """Make sure that the services which use a secret may have what its labels ask for.

        :param services: those of the Swarm.
        :raises InputError: they may not.
        """
        ids = {version.secret.id for version in logical.versions}
        using = [
            service
            for service in services
            if any(reference.secret_id in ids for reference in service.references)
        ]
        problem = self.refuse(source, logical, using)
        if problem:
            raise errors.InputError(f"{problem}.")

    @property
    def labels(self) -> dict[str, str]:
        """What a new version must say of the run's Vault, or it would be looked for in another."""
        return {} if self.connection == DEFAULT_CONNECTION else {CONNECTION: self.connection}


#: What a module knows.
USUAL = Discovery()


def _connection(labels: t.Mapping[str, str]) -> str:
    return labels.get(CONNECTION, "").strip() or DEFAULT_CONNECTION
