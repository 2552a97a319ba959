# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The labels of a managed Swarm secret: the only state the collection keeps.

The source is told in the words of the seed plugins (``vault_path``, ``vault_field``, ...);
the bookkeeping stands under one prefix.
"""

from __future__ import annotations

import json
import typing as t

from .._vault import source as vault_source
from .._vault import source_check
from . import renewal_margin

PREFIX = "swarmvault."
NAME = PREFIX + "name"
VERSION = PREFIX + "version"
SOURCE_VERSION = PREFIX + "source_version"
SOURCE_TIME = PREFIX + "source_time"
FINGERPRINT = PREFIX + "fingerprint"
STATUS = PREFIX + "status"
FAILED_ON = PREFIX + "failed_on"
# On a driver-backed version of a source that is to follow what is current in Vault: vault_version
# is then what this version holds, for the driver to read, and not what the user pinned.
FOLLOWS = PREFIX + "follows"
CURRENT = "current"
# Tells versions that were made together, of one read: see groups.py.
GROUP = PREFIX + "group"
# How long the value is good for, where it ends: see validity_labels.py.
LEASE_ID = PREFIX + "lease_id"
SERIAL = PREFIX + "serial"
ISSUED = PREFIX + "issued"
EXPIRES = PREFIX + "expires"
LEASE_REVOKED = PREFIX + "lease_revoked"
# On a Swarm secret that somebody else made: the logical secret it became a version of.
ADOPTED = PREFIX + "adopted"
# On services, set by users: consumers are updated wave after wave.
WAVE = PREFIX + "wave"

#: Created, and not yet converged on every consumer.
PENDING = "pending"
#: Has converged on every consumer it had.
ACTIVE = "active"
#: Failed on a consumer, or was rolled back on demand.
QUARANTINED = "quarantined"

VAULT_PATH = "vault_path"
VAULT_MOUNT = "vault_mount"
VAULT_VERSION = "vault_version"
_SOURCE_LABELS = (
    VAULT_PATH,
    "vault_field",
    VAULT_MOUNT,
    "vault_engine",
    VAULT_VERSION,
    "vault_format",
    "vault_params",
)
# What the value is made of, of all that one read gives.
_PART_LABELS = ("vault_field", "vault_format")
# How to treat a source, rather than which one it is.
RENEW_BEFORE = "vault_renew_before"
_TERM_LABELS = (LEASE_ID, SERIAL, ISSUED, EXPIRES, LEASE_REVOKED)
_TELL_OF_SOURCE = (
    *_SOURCE_LABELS,
    RENEW_BEFORE,
    SOURCE_VERSION,
    SOURCE_TIME,
    FOLLOWS,
    GROUP,
    *_TERM_LABELS,
)

# What community.docker.docker_secret writes: a hash of the value, and with rolling_versions the
# number that the name <name>_v<number> ends in (plugins/modules/docker_secret.py).
_ROLLING_KEY = "ansible_key"
_ROLLING_VERSION = "ansible_version"

# What the plugin is told beside the source. Another driver, or the Swarm, has no use for them.
_DRIVER_LABELS = frozenset(
    (
        "vault_type",
        "vault_wrap",
        "vault_reuse",
        "vault_connection",
        "fail_on_error",
        "secret_reuse",
    )
)

# Labels that would say something wrong of a new version: of the tool that made the one before, of
# the stack that owns it (`docker stack rm` would remove ours), and of a source for a Docker plugin.
_NOT_INHERITED = frozenset(
    (
        *_TELL_OF_SOURCE,
        _ROLLING_KEY,
        _ROLLING_VERSION,
        "openbao_path",
        "openbao_field",
    )
)
_NOT_INHERITED_PREFIXES = (
    PREFIX,
    "com.docker.stack.",
    "dk.almbrand.docker.plugin.secretprovider.vault.",
)

# Longer numbers are nobody's, and from 4,300 digits on Python refuses to read them.
_MAX_DIGITS = 18


def number_in(text: str) -> int | None:
    """Return the positive number a label holds; None where it holds anything else."""
    if not text.isdecimal() or len(text) > _MAX_DIGITS:
        return None
    return int(text) or None


def is_reserved(label: str) -> bool:
    """Tell whether the collection writes this label itself, so that a user may not."""
    return label.startswith(PREFIX) or label in (*_SOURCE_LABELS, RENEW_BEFORE)


def source_labels(source: vault_source.VaultSource | None) -> dict[str, str]:
    """Return the labels that tell a source; what equals the default is left out."""
    if source is None:
        return {}
    labels = {VAULT_PATH: source.path}
    if source.field is not None:
        labels["vault_field"] = source.field
    if (
        source.mount != vault_source.DEFAULT_MOUNT
        and source.engine not in vault_source.WHOLE_PATH_ENGINES
    ):
        labels[VAULT_MOUNT] = source.mount
    if source.engine != vault_source.ENGINES[0]:
        labels["vault_engine"] = source.engine
    if source.version is not None:
        labels[VAULT_VERSION] = str(source.version)
    if source.format != vault_source.FORMATS[0]:
        labels["vault_format"] = source.format
    if source.params:
        labels["vault_params"] = source.params
    return labels


def pinned_labels(source: vault_source.VaultSource, version: int) -> dict[str, str]:
    """Return the labels by which a driver reads one version of a source.

    The mount is always told: which one the driver takes without it is a setting of its own.
    """
    labels = {**source_labels(source), VAULT_MOUNT: source.mount, VAULT_VERSION: str(version)}
    if source.version is None:
        labels[FOLLOWS] = CURRENT
    return labels


def reads_pinned(
    labels: t.Mapping[str, str], source: vault_source.VaultSource, version: int
) -> bool:
    """Tell whether the driver reads this version of this source by these labels."""
    wanted = pinned_labels(source, version)
    return all(labels.get(label) == wanted.get(label) for label in _SOURCE_LABELS)


def is_for_driver(label: str) -> bool:
    """Tell whether a label changes what the driver serves, beside those of the source."""
    return label in _DRIVER_LABELS


def place_from_labels(labels: t.Mapping[str, str]) -> vault_source.VaultSource | None:
    """Read back where a value lies, whatever is wrong with the other labels; None: not known."""
    path, engine = (
        labels.get(VAULT_PATH, "").strip("/"),
        labels.get("vault_engine", vault_source.ENGINES[0]),
    )
    if not path or engine not in vault_source.ENGINES:
        return None
    mount = source_check.mount_of(engine, labels.get(VAULT_MOUNT, vault_source.DEFAULT_MOUNT), path)
    return vault_source.VaultSource(path, mount=mount, engine=engine)


def source_from_labels(labels: t.Mapping[str, str]) -> vault_source.VaultSource | None:
    """Read a source back from labels, written by us or by hand.

    :raises ValueError: a label has a value that names no source; the message says which.
    """
    path = labels.get(VAULT_PATH, "").strip("/")
    if not path:
        return None
    engine = labels.get("vault_engine", vault_source.ENGINES[0])
    if engine not in vault_source.ENGINES:
        raise ValueError(
            f"label vault_engine={engine!r} must be one of {', '.join(vault_source.ENGINES)}"
        )
    value_format = labels.get("vault_format", vault_source.FORMATS[0])
    if value_format not in vault_source.FORMATS:
        raise ValueError(
            f"label vault_format={value_format!r} must be one of {', '.join(vault_source.FORMATS)}"
        )
    version = "" if FOLLOWS in labels else labels.get(VAULT_VERSION, "")
    number = number_in(version)
    if version and number is None:
        raise ValueError(f"label vault_version={version!r} is not a version number")
    source = vault_source.VaultSource(
        path=path,
        field=labels.get("vault_field") or None,
        mount=source_check.mount_of(
            engine, labels.get(VAULT_MOUNT, vault_source.DEFAULT_MOUNT), path
        ),
        engine=engine,
        version=number,
        format=value_format,
        params=_params(labels.get("vault_params", "")),
    )
    problems = list(source_check.source_problems(source))
    no_end = renewal_margin.engine_problem(engine)
    if labels.get(RENEW_BEFORE) and no_end:
        problems.append(no_end)
    if problems:
        raise ValueError(f"by its labels, {'; '.join(problems)}")
    return source


def _params(text: str) -> str:
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        found = text
    if found is not None and not isinstance(found, dict):
        raise ValueError("label vault_params is not a JSON object")
    # One spelling, so that it can be compared.
    return json.dumps(found, sort_keys=True) if found else ""


def same_source(labels: t.Mapping[str, str], source: vault_source.VaultSource | None) -> bool:
    """Tell whether a version's labels name this very source."""
    return source_of(labels) == source_labels(source)


def source_of(labels: t.Mapping[str, str]) -> dict[str, str]:
    """Return the labels that tell a source, in one spelling for both kinds of payload.

    A pin that is not the user's is none, as long as nobody has changed it.
    """
    found = {key: labels[key] for key in _SOURCE_LABELS if key in labels}
    if found.get(VAULT_MOUNT) == vault_source.DEFAULT_MOUNT:
        del found[VAULT_MOUNT]
    if FOLLOWS in labels and found.get(VAULT_VERSION) == labels.get(SOURCE_VERSION):
        found.pop(VAULT_VERSION, None)
    return found


def without_source(labels: t.Mapping[str, str]) -> dict[str, str]:
    """Return the labels less those that tell a source, its version, and how long that is good."""
    return {key: value for key, value in labels.items() if key not in _TELL_OF_SOURCE}


def without_adoption(labels: t.Mapping[str, str]) -> dict[str, str]:
    """Return the labels of a secret that belongs to no logical secret but its own any more."""
    return {key: value for key, value in labels.items() if key != ADOPTED}


def inherited(labels: t.Mapping[str, str], *, for_driver: bool = False) -> dict[str, str]:
    """Return the labels that others put on a version, which the next one is to have as well.

    :param for_driver: the driver that reads them stays the same.
    """
    return {
        key: value
        for key, value in labels.items()
        if key not in _NOT_INHERITED
        and not key.startswith(_NOT_INHERITED_PREFIXES)
        and (for_driver or key not in _DRIVER_LABELS)
    }


def rolling_version(labels: t.Mapping[str, str]) -> int | None:
    """Return the number that docker_secret gave a secret; None: it did not make it so."""
    if not labels.get(_ROLLING_KEY):
        return None
    return number_in(labels.get(_ROLLING_VERSION, ""))


def failed_on(labels: t.Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the consumers a version failed on."""
    return tuple(name for name in labels.get(FAILED_ON, "").split(",") if name)


def failed_by_itself(labels: t.Mapping[str, str]) -> bool:
    """Tell whether a version was quarantined since it failed, rather than on demand."""
    return labels.get(STATUS) == QUARANTINED and bool(failed_on(labels))


def read_of(labels: t.Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return which read of a source fills a version, whatever field it takes; empty: none does."""
    found = source_of(labels).items()
    return tuple(sorted((key, value) for key, value in found if value and key not in _PART_LABELS))


def rolled_back(labels: t.Mapping[str, str]) -> dict[str, str]:
    """Return the labels after a rollback on demand: rejected for all, not only for some."""
    kept = {key: value for key, value in labels.items() if key != FAILED_ON}
    return {**kept, STATUS: QUARANTINED}


def promoted(labels: t.Mapping[str, str]) -> t.Mapping[str, str]:
    """Return the labels after convergence; what was rejected meanwhile stays rejected."""
    return {**labels, STATUS: ACTIVE} if labels.get(STATUS) == PENDING else labels


def same_change(
    before: t.Mapping[str, str], after: t.Mapping[str, str]
) -> t.Callable[[t.Mapping[str, str]], dict[str, str]]:
    """Return what leads from one set of labels to another, and leaves all others alone."""
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    gone = before.keys() - after.keys()

    def change(labels: t.Mapping[str, str]) -> dict[str, str]:
        kept = {key: value for key, value in labels.items() if key not in gone}
        return {**kept, **changed}

    return change


def with_failure(labels: t.Mapping[str, str], service: str) -> dict[str, str]:
    """Return the labels after a failure on a consumer.

    A version that never converged is quarantined for all; one that other consumers run well
    only for this one, or every run would try, and restart, this consumer again.
    """
    names = [*failed_on(labels), service] if service else failed_on(labels)
    changed = {**labels, FAILED_ON: ",".join(dict.fromkeys(names))}
    if not changed[FAILED_ON]:
        del changed[FAILED_ON]
    if labels.get(STATUS) == PENDING:
        changed[STATUS] = QUARANTINED
    return changed
