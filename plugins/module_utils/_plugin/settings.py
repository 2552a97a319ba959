# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of the plugin: which may be shown, what they are by default, and for a trial. Pure."""

from __future__ import annotations

import typing as t

from .._common import errors

if t.TYPE_CHECKING:
    from .._swarm.plugin_config import PluginConfig

HIDDEN = "(hidden)"

#: What is mounted where nothing was set; an engine forgets it once something was.
DEFAULT_SOURCES = {"credentials.source": "/proc/tty/ldisc", "docker.source": "/dev/null"}

_OF_CONNECTIONS = (
    *("ADDR", "NAMESPACE", "MOUNT_PATH", "AUTH_METHOD", "AUTH_MOUNT", "APPROLE_AUTH_PATH"),
    *("JWT_AUTH_PATH", "SECRET_ID_WRAPPED", "ROLE", "JWT_ROLE", "JWT_FILE", "CACERT"),
    *("CLIENT_CERT", "TLS_SERVER_NAME", "SKIP_VERIFY", "DEFAULT_PATH", "ALLOWED_PATHS"),
    *("TASK_POLICIES", "TOKEN_ROLE"),
)
_CONNECTIONS = ("VAULT", "OPENBAO")
#: Settings whose values tell nothing that is secret.
HARMLESS = frozenset(
    (
        *(f"{prefix}_{name}" for prefix in _CONNECTIONS for name in _OF_CONNECTIONS),
        *("SECRETS_PROVIDER", "VAULT_CREDENTIALS_DIR", "VAULT_DEADLINE", "VAULT_FAIL_ON_ERROR"),
        *("VAULT_DEFAULT_LABELS", "VAULT_CACHE_TTL", "VAULT_CACHE_SIZE", "VAULT_MAX_PARALLEL"),
        *("VAULT_ENABLE_ROTATION", "ENABLE_ROTATION", "VAULT_ROTATION_INTERVAL"),
        *("ROTATION_INTERVAL", "LOG_LEVEL", "PLUGIN_LOG_LEVEL", "LOG_FORMAT", "METRICS_LISTEN"),
        *("ENABLE_MONITORING", "MONITORING_PORT", "PLUGIN_LOG_PATH", "uid", "gid"),
        *DEFAULT_SOURCES,
    )
)

#: What a plugin that is only tried must not do: rotate, listen where the other does, or use up what
#: can be used once, such as a wrapped secret ID. So it mounts the credentials, and looks elsewhere.
_TRIAL = {
    "VAULT_CREDENTIALS_DIR": DEFAULT_SOURCES["credentials.source"],
    "VAULT_ENABLE_ROTATION": "false",
    "ENABLE_ROTATION": "",
    "METRICS_LISTEN": "",
    "ENABLE_MONITORING": "",
    **{
        f"{prefix}_{name}": ""
        for prefix in _CONNECTIONS
        for name in ("TOKEN", "SECRET_ID", "JWT", "PASSWORD")
    },
}


def may_show(name: str, value: str) -> bool:
    """Tell whether a value may be shown: never that of a setting nobody knows, or with a login."""
    return name in HARMLESS and "@" not in value


def shown(values: t.Mapping[str, str]) -> dict[str, str]:
    """Return settings fit to be shown."""
    return {
        name: value if may_show(name, value) else HIDDEN for name, value in sorted(values.items())
    }


def defaults(config: PluginConfig, *, is_new: bool) -> dict[str, str]:
    """Return what each setting is by default.

    :param is_new: nothing was set yet, so that what is mounted is the default.
    """
    known = {} if is_new else DEFAULT_SOURCES
    return {
        **config.variables,
        **{name: known.get(name, source) for name, source in config.sources.items()},
    }


def check(wanted: t.Mapping[str, str], config: PluginConfig, source: str) -> None:
    """Refuse settings that the plugin does not declare.

    :raises InputError: there are some; their values are not told.
    """
    unknown = sorted(wanted.keys() - config.settings)
    if unknown:
        fixed = [name for name in unknown if name in config.fixed]
        reason = f"{', '.join(fixed)} cannot be set. " if fixed else ""
        raise errors.InputError(
            f"The plugin {source} does not declare the settings {', '.join(unknown)}.",
            f"{reason}Leave them out; 'docker plugin inspect' lists under Env and Mounts what there "
            "is, mounts as NAME.source.",
        )


def for_trial(values: t.Mapping[str, str]) -> dict[str, str]:
    """Return settings with which a plugin can be tried beside the one that runs."""
    return {name: _TRIAL.get(name, value) for name, value in values.items()}
