# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns the plugin's environment, which is where Docker puts its settings, into ``Settings``."""

from __future__ import annotations

import contextlib
import ipaddress
import stat
import typing as t
from pathlib import Path

from swarmvault_core._common import errors
from swarmvault_core._common import settings as common_settings
from swarmvault_core._vault import errors as vault_errors

from . import connections, declared, settings

#: Where the Docker socket is mounted for rotation, if it is.
DOCKER_SOCKETS = ("/run/docker.sock", "/var/run/docker.sock")
#: The engine's leader gives up its office after 30 s in its store's lock, in which it asks us.
LONGEST_DEADLINE = 20.0
_UNIX = "unix://"
_FORMATS = ("text", "json")
_LEVELS = ("debug", "info", "warning", "error")
#: What other programs call a level, and what logrus numbers it (its ``Level``).
_OTHER_LEVELS = {"warn": "warning", "trace": "debug", "fatal": "error", "panic": "error"}
_LOGRUS_LEVELS = ("error", "error", "error", "warning", "info", "debug", "debug")

_T = t.TypeVar("_T")


def load(
    environ: t.Mapping[str, str], docker_sockets: t.Iterable[str] = DOCKER_SOCKETS
) -> settings.Settings:
    """Read every setting.

    :param environ: environment variables; an empty one counts as not set.
    :param docker_sockets: where the Docker socket may be mounted.
    :raises InputError: one is wrong; names it and what to do.
    """
    look = _Environment(environ)
    deadline = look.parsed("VAULT_DEADLINE", common_settings.seconds, 8.0)
    if not 1.0 <= deadline <= LONGEST_DEADLINE:
        raise errors.InputError(
            f"VAULT_DEADLINE is {deadline:g} s, but must be from 1 to {LONGEST_DEADLINE:g} s.",
            "The engine holds a lock meanwhile, which costs its leader the office after 30 s.",
        )
    directory = Path(look.text("VAULT_CREDENTIALS_DIR") or declared.CREDENTIALS_DIR)
    found, warnings = connections.connections(environ, directory, deadline)
    _check(found)
    if look.text("PLUGIN_LOG_PATH"):
        warnings.append("PLUGIN_LOG_PATH is set, but not used: the log is the engine's.")
    mounted = any(_is_socket(Path(path)) for path in docker_sockets)
    rotation = _rotation(look, mounted=mounted)
    if rotation.enabled and not mounted:
        warnings.append(
            "VAULT_ENABLE_ROTATION is true, but Docker's socket is not mounted. Set docker.source to"
            " /var/run/docker.sock."
        )
    return settings.Settings(
        connections=found,
        deadline=deadline,
        fail_on_error=look.parsed("VAULT_FAIL_ON_ERROR", common_settings.boolean, default=True),
        default_labels=_one_of(
            look.text("VAULT_DEFAULT_LABELS") or settings.LABEL_FAMILIES[0],
            "VAULT_DEFAULT_LABELS",
            settings.LABEL_FAMILIES,
        ),
        cache_seconds=_cache_seconds(look),
        cache_bytes=look.parsed("VAULT_CACHE_SIZE", common_settings.whole_number, 16 * 1024 * 1024),
        max_parallel=look.parsed("VAULT_MAX_PARALLEL", _at_least_one, 8),
        warnings=tuple(warnings),
        log=_log(look),
        observe=_observe(look),
        rotation=rotation,
        user=(_number(look, "uid"), _number(look, "gid")),
    )


class _Environment:
    """Finds settings, some of which have two names."""

    def __init__(self, environ: t.Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, *names: str) -> str | None:
        """Return a setting by the first of its names that is set.

        :raises InputError: two of them say different things.
        """
        found = {name: (self._environ.get(name) or "").strip() for name in names}
        found = {name: text for name, text in found.items() if text}
        if len(set(found.values())) > 1:
            raise errors.InputError(
                f"{' and '.join(found)} are two names of one setting, but differ.",
                "Set one of them only.",
            )
        return next(iter(found.values()), None)

    def parsed(self, name: str, parse: t.Callable[[t.Any, str], _T], default: _T) -> _T:
        """Return what a parser makes of a setting."""
        text = self.text(name)
        return default if text is None else parse(text, name)


def _at_least_one(value: t.Any, origin: str) -> int:
    return common_settings.whole_number(value, origin, 1)


def _check(found: t.Mapping[str, settings.Connection]) -> None:
    """Make sure that each connection can be used, but for its credentials.

    Their files may come later, so that those alone must not keep the plugin from starting.

    :raises InputError: a setting is wrong.
    """
    for connection in found.values():
        with contextlib.suppress(vault_errors.MissingSettingError):
            connection.options()


def _cache_seconds(look: _Environment) -> float:
    seconds = look.parsed("VAULT_CACHE_TTL", common_settings.seconds, settings.LONGEST_CACHE)
    if seconds > settings.LONGEST_CACHE:
        raise errors.InputError("VAULT_CACHE_TTL is more than 24h.", "Set 24h or less.")
    return seconds


def _log(look: _Environment) -> settings.LogSettings:
    text = (look.text("LOG_LEVEL", "PLUGIN_LOG_LEVEL") or "info").lower()
    level = _OTHER_LEVELS.get(text, text)
    if text.isascii() and text.isdigit() and int(text) < len(_LOGRUS_LEVELS):
        level = _LOGRUS_LEVELS[int(text)]
    return settings.LogSettings(
        format=_one_of(look.text("LOG_FORMAT") or "text", "LOG_FORMAT", _FORMATS),
        level=_one_of(level, "LOG_LEVEL", _LEVELS),
    )


def _one_of(text: str, name: str, choices: t.Sequence[str]) -> str:
    if text.lower() in choices:
        return text.lower()
    raise errors.InputError(
        f"{name} is {text!r}, but must be one of {', '.join(choices)}.", "Set one of them."
    )


def _observe(look: _Environment) -> str | None:
    listen = look.text("METRICS_LISTEN")
    if listen is None:
        if not look.parsed("ENABLE_MONITORING", common_settings.boolean, default=False):
            return None
        listen = f"127.0.0.1:{look.text('MONITORING_PORT') or '8080'}"
    if listen.startswith(_UNIX):
        return listen[len(_UNIX) :]
    host, _colon, port = listen.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 2**16):
        raise errors.InputError(
            f"METRICS_LISTEN is {listen!r}, which is not an address with a port.",
            "Set one such as 127.0.0.1:9110, or unix:// with the path of a socket.",
        )
    if not _is_loopback(host):
        raise errors.InputError(
            f"METRICS_LISTEN is {listen!r}, which is not an address of this host alone.",
            "Use 127.0.0.1: the names of secrets are nobody's business in the network.",
        )
    return f"{'127.0.0.1' if host == 'localhost' else host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _rotation(look: _Environment, *, mounted: bool) -> settings.RotationSettings:
    text = look.text("VAULT_ENABLE_ROTATION", "ENABLE_ROTATION")
    enabled = mounted if text is None else common_settings.boolean(text, "VAULT_ENABLE_ROTATION")
    interval = look.text("VAULT_ROTATION_INTERVAL", "ROTATION_INTERVAL") or "5m"
    seconds = common_settings.seconds(interval, "VAULT_ROTATION_INTERVAL")
    if seconds < 1:
        raise errors.InputError(
            f"VAULT_ROTATION_INTERVAL is {interval!r}, but must be at least 1s.",
            "Set a time such as 5m.",
        )
    return settings.RotationSettings(enabled=enabled, interval=seconds)


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


def _number(look: _Environment, name: str) -> int:
    return look.parsed(name, common_settings.whole_number, int(declared.BY_NAME[name].default))
