# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plain labels, ``vault_path`` and so on: those of sugar-org's plugins, and ours.

Those plugins write every path below their mount (``BuildMountedKVv2SecretPath`` in
internal/kvpath/kv_path.go), so that a mount in front of it, or ``data/``, is taken off.
"""

from __future__ import annotations

import typing as t

from swarmvault_core._rotation import drivers
from swarmvault_core._rotation import labels as secret_labels
from swarmvault_core._vault.source import ENGINES, WHOLE_PATH_ENGINES

from . import templates
from . import wanted as kinds
from .wanted import Wanted

if t.TYPE_CHECKING:
    from .label_values import Labels
    from .protocol import SecretRequest

PATH = ("vault_path", "openbao_path")
FIELD = ("vault_field", "openbao_field")
#: What tells where a value lies and which part of it is meant.
PLACE = (*PATH, *FIELD, "vault_mount", "vault_engine", "vault_version", "vault_params")
#: What both families of labels are told by, since the older plugin has no words for it.
CONNECTION = "vault_connection"
REUSE = "vault_reuse"
FAIL_ON_ERROR = "fail_on_error"
_REUSE_TOO = "secret_reuse"
_OWN = (*PLACE, "vault_format", "vault_type", "vault_wrap")


def own_labels(labels: Labels) -> list[str]:
    """Return the labels of this family alone that a secret has."""
    return [name for name in _OWN if name in labels.names(name)]


def read(labels: Labels, request: SecretRequest, mount: str, default_path: str) -> Wanted:
    """Return what the labels ask for.

    :param mount: where the key/value engine is, unless a label says otherwise.
    :param default_path: path below it where no label says one, with words of the task in it.
    :raises InputError: they cannot be followed.
    """
    value_format = labels.word("vault_format", kinds.FORMATS) or kinds.FORMATS[0]
    source = None
    if labels.word("vault_type", kinds.TYPES) == kinds.VAULT_TOKEN:
        kinds.check_token(labels, PLACE, value_format)
    else:
        source = kinds.source_in(labels, _told(labels, request, mount, default_path), value_format)
    found = Wanted(
        secret=labels.secret,
        source=source,
        format=value_format,
        wrap=labels.wrap("vault_wrap"),
        reuse=reuse(labels),
        fail_on_error=labels.flag(FAIL_ON_ERROR),
    )
    return kinds.check_reuse(labels, found)


def reuse(labels: Labels) -> bool | None:
    """Return whether tasks are to share a value.

    :raises LabelError: the labels are no truth values, or contradict each other.
    """
    ours, theirs = labels.flag(REUSE), labels.flag(_REUSE_TOO)
    if None not in (ours, theirs) and ours != theirs:
        raise labels.error(
            f"labels {REUSE} and {_REUSE_TOO} contradict each other", "Keep one of them"
        )
    return theirs if ours is None else ours


def _told(
    labels: Labels, request: SecretRequest, mount: str, default_path: str
) -> dict[str, str | None]:
    engine = labels.word("vault_engine", ENGINES) or ENGINES[0]
    whole = engine in WHOLE_PATH_ENGINES
    mount = (labels.text("vault_mount") or ("" if whole else mount)).strip("/")
    version = labels.version("vault_version")
    path = labels.text(*PATH)
    if path is None and whole:
        raise labels.error(
            f"with vault_engine {engine} there is no usual path", "Set the label vault_path"
        )
    if path is None:
        filled = "".join(piece.text for piece in templates.filled_in(default_path, request))
        # What the task does not say leaves no part behind.
        path = "/".join(filter(None, filled.split("/")))
    elif not whole and not labels.names(secret_labels.NAME):
        # One that the rotation wrote is exact, and its data/ is part of it.
        path = drivers.below_mount(path, mount, engine)
    return {
        "vault_path": path,
        "vault_field": labels.text(*FIELD),
        "vault_mount": mount,
        "vault_engine": engine,
        "vault_version": version,
        "vault_params": labels.text("vault_params"),
    }
