# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets what ends look older than it is, so that no test has to wait until it is due."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)

if t.TYPE_CHECKING:
    import docker


def age(client: docker.APIClient, seconds: int) -> None:
    """Move the terms in the labels of all Swarm secrets back in time."""

    def earlier(text: str) -> str:
        moment = datetime.fromisoformat(text) - timedelta(seconds=seconds)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    for secret in client.secrets():
        labels = secret["Spec"].get("Labels") or {}
        times = {
            key: earlier(labels[key])
            for key in (secret_labels.ISSUED, secret_labels.EXPIRES)
            if key in labels
        }
        if times:
            relabel(client, secret, {**labels, **times})


def relabel(
    client: docker.APIClient, secret: dict[str, t.Any], labels: t.Mapping[str, str]
) -> None:
    """Give a Swarm secret other labels."""
    url = client._url("/secrets/{0}/update", secret["ID"])
    spec = {**secret["Spec"], "Labels": dict(labels)}
    params = {"version": secret["Version"]["Index"]}
    client._raise_for_status(client._post_json(url, data=spec, params=params))
