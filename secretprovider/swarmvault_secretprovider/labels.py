# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds out what a request asks for, whichever family of labels it is told by."""

from __future__ import annotations

import dataclasses
import typing as t

from swarmvault_core._common.errors import InputError

from . import labels_almbrand, labels_plain, settings
from .label_values import Labels

if t.TYPE_CHECKING:
    from .protocol import SecretRequest
    from .wanted import Wanted


def wanted_by(
    request: SecretRequest,
    connections: t.Mapping[str, settings.Connection],
    default_labels: str = settings.LABEL_FAMILIES[0],
) -> tuple[Wanted, settings.Connection]:
    """Return what a request asks for, and of which Vault.

    :param default_labels: by whose habits a secret without labels of either family is read.
    :raises InputError: its labels cannot be followed; names the label, the secret and a remedy.
    """
    if not request.secret_name:
        raise InputError(
            "The engine asked for a secret without a name.", "Look at the version of the engine."
        )
    labels = Labels(request.secret_name, request.secret_labels)
    name = labels.text(labels_plain.CONNECTION) or settings.DEFAULT_CONNECTION
    connection = connections.get(name)
    if connection is None:
        raise (
            labels.wrong(
                labels_plain.CONNECTION, f"must be one of {', '.join(sorted(connections))}"
            )
            if name != settings.DEFAULT_CONNECTION
            else labels.error(
                f"the plugin has no Vault called {name}, only {', '.join(sorted(connections))}",
                f"Set the label {labels_plain.CONNECTION} to one of them",
            )
        )
    plain = default_labels == settings.LABEL_FAMILIES[0] or labels_plain.own_labels(labels)
    if labels_almbrand.is_used(labels) or not plain:
        found = labels_almbrand.read(labels, request)
    else:
        found = labels_plain.read(labels, request, connection.mount, connection.default_path)
    return dataclasses.replace(found, connection=name), connection
