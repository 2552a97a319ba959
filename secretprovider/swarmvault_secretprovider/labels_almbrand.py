# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The labels of sirlatrom's plugin, behind ``dk.almbrand.docker.plugin.secretprovider.vault.``.

It reads with a token that has a policy of the service's name, takes paths as Vault's API has them,
falls back to ``secret/data/<secret>`` and the field ``value``, and wraps the fields as they are, so
that ``vault unwrap -field=value`` works (``Get`` in its main.go).
"""

from __future__ import annotations

import typing as t

from . import labels_plain
from . import wanted as kinds
from .wanted import Wanted

if t.TYPE_CHECKING:
    from .label_values import Labels
    from .protocol import SecretRequest

PREFIX = "dk.almbrand.docker.plugin.secretprovider.vault."
_TYPE, _WRAP, _PATH = f"{PREFIX}type", f"{PREFIX}wrap", f"{PREFIX}path"
_FIELD, _VERSION, _FORMAT = f"{PREFIX}field", f"{PREFIX}version", f"{PREFIX}format"
#: What the format was before there was a choice.
_JSON = f"{PREFIX}json"
_PLACE = (_PATH, _FIELD, _VERSION)
_KNOWN = (_TYPE, _WRAP, *_PLACE, _FORMAT, _JSON)
_KV2_PART = "data"
_API = "v1/"


def is_used(labels: Labels) -> bool:
    """Tell whether a secret has labels of this family."""
    return bool(labels.names(PREFIX))


def read(labels: Labels, request: SecretRequest) -> Wanted:
    """Return what the labels ask for.

    :raises InputError: they cannot be followed.
    """
    _check_names(labels)
    value_format = _format(labels)
    source = None
    if labels.word(_TYPE, kinds.TYPES) == kinds.VAULT_TOKEN:
        kinds.check_token(labels, _PLACE, value_format)
    else:
        source = kinds.source_in(labels, _told(labels, request), value_format)
    found = Wanted(
        secret=labels.secret,
        source=source,
        format=value_format,
        wrap=labels.wrap(_WRAP),
        wraps_all=True,
        task_token=True,
        reuse=labels_plain.reuse(labels),
        fail_on_error=labels.flag(labels_plain.FAIL_ON_ERROR),
    )
    return kinds.check_reuse(labels, found)


def _check_names(labels: Labels) -> None:
    unknown = [name for name in labels.names(PREFIX) if name not in _KNOWN]
    if unknown:
        known = ", ".join(name[len(PREFIX) :] for name in _KNOWN)
        raise labels.error(
            f"label {unknown[0]} is not known; behind {PREFIX} there are {known}",
            "Correct its name",
        )
    others = labels_plain.own_labels(labels)
    if others:
        raise labels.error(
            f"label {others[0]} and those behind {PREFIX} are two ways to say one thing",
            "Keep the labels of one family",
        )


def _format(labels: Labels) -> str:
    value_format = labels.word(_FORMAT, kinds.FORMATS)
    as_json = labels.flag(_JSON)
    if as_json and value_format not in (None, "json"):
        raise labels.error(
            f"labels {_JSON} and {_FORMAT} contradict each other", "Keep one of them"
        )
    return "json" if as_json else value_format or kinds.FORMATS[0]


def _told(labels: Labels, request: SecretRequest) -> dict[str, str | None]:
    version = labels.version(_VERSION)
    path = labels.text(_PATH) or f"secret/{_KV2_PART}/{request.secret_name}"
    path = path.strip("/").removeprefix(_API)
    parts = path.split("/")
    told = {"vault_field": labels.text(_FIELD), "vault_version": version}
    if _KV2_PART in parts[1:-1]:
        at = parts.index(_KV2_PART, 1)
        mount, path = "/".join(parts[:at]), "/".join(parts[at + 1 :])
        return {**told, "vault_path": path, "vault_mount": mount, "vault_engine": "kv2"}
    if version is not None:
        raise labels.error(
            f"only paths such as secret/data/app have versions, {path} has none",
            f"Write label {_PATH} as Vault's API has it, or leave out {_VERSION}",
        )
    return {**told, "vault_path": path, "vault_engine": "read"}
