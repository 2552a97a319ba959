# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role's variables ask of the schedule, and what is wrong with them. No I/O.

A timer of systemd that is to make up for runs that were missed, and cron, both go by the clock. So
an interval has to divide a minute, an hour or a day.
"""

from __future__ import annotations

import re
import typing as t

Wanted = t.Mapping[str, t.Any]

_PREFIX = "swarmvault_"
_VAULT = f"{_PREFIX}vault_"
_INTERVAL = re.compile(r"([1-9][0-9]*)([smhd]?)")
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

#: The plugin's credentials that the playbook takes as values, and as paths.
_VALUES = {
    "token": "token",
    "role_id": "role_id",
    "secret_id": "secret_id",
    "jwt": "jwt",
    "username": "username",
    "password": "password",
}
_PATHS = {"ca.pem": "ca_cert", "client.pem": "client_cert", "client.key": "client_key"}
#: Settings of the plugin that say how to log in, beside what the role reads of them itself.
_SETTINGS = {"AUTH_METHOD": "auth_method", "AUTH_MOUNT": "auth_mount", "ROLE": "role"}


class Times(t.NamedTuple):
    """An interval, as systemd and as cron want it.

    :param cron: None: it is too short for cron.
    """

    seconds: int
    calendar: str
    cron: str | None


def times_of(interval: str) -> Times | None:
    """Return when runs are due; None: an interval that does not divide a longer unit.

    :param interval: a number with s, m, h or d.
    """
    found = _INTERVAL.fullmatch(interval)
    if found is None:
        return None
    seconds = int(found[1]) * _UNIT_SECONDS[found[2]]
    if seconds < _MINUTE:
        fits, calendar, cron = _MINUTE % seconds == 0, f"*-*-* *:*:0/{seconds}", None
    elif seconds < _HOUR:
        minutes = seconds // _MINUTE
        fits = _HOUR % seconds == 0 and seconds % _MINUTE == 0
        calendar, cron = f"*-*-* *:0/{minutes}:0", f"*/{minutes} * * * *"
    elif seconds < _DAY:
        hours = seconds // _HOUR
        fits = _DAY % seconds == 0 and seconds % _HOUR == 0
        calendar, cron = f"*-*-* 0/{hours}:0:0", f"0 */{hours} * * *"
    else:
        fits, calendar, cron = seconds == _DAY, "*-*-* 0:0:0", "0 0 * * *"
    return Times(seconds, calendar, cron) if fits else None


def problems(wanted: Wanted) -> t.Iterator[str]:
    """Yield what is wrong with what is asked of a timer, each with what to do.

    :param wanted: the role's variables without their prefix.
    """
    if wanted["rotation"] != "timer" or wanted["state"] == "absent":
        return
    if times_of(wanted["interval"]) is None:
        yield (
            f"secretprovider_interval is {wanted['interval']!r}, but a timer goes by the clock: it"
            " must divide a minute, an hour or a day, such as 30s, 5m, 15m, 1h, 6h or 1d."
        )
    given = wanted["rotation_vars"]
    for name in given:
        if not name.startswith(_PREFIX):
            yield (
                f"secretprovider_rotation_vars has {name}, but the variables of"
                " swarmvault.secrets.rotate begin with swarmvault_."
            )
    wrapped = wanted.get("secret_id_wrapped") and not _has_own_login(given)
    if wrapped or given.get(f"{_VAULT}secret_id_wrapped"):
        yield (
            "A response-wrapped secret ID is good for one login, and a timer has to log in each"
            " time. Give secretprovider_rotation_vars a login of its own, such as"
            " swarmvault_vault_role_id and swarmvault_vault_secret_id."
        )


def schedule(wanted: Wanted) -> dict[str, t.Any]:
    """Return what the tasks need, for variables that have no problem.

    Chance lets runs begin later, by less than an interval: neither several Swarms nor a leader and
    the one after it are to ask Vault at the same moment.
    """
    found = t.cast("Times", times_of(wanted["interval"]))  # see problems()
    return {
        "calendar": found.calendar,
        "cron": found.cron,
        "delay": min(wanted["random_delay"], found.seconds // 2),
        "variables": variables(wanted),
    }


def variables(wanted: Wanted) -> dict[str, t.Any]:
    """Return the variables that the timer runs the playbook with. There are credentials in them.

    How the plugin reaches Vault and logs in is how the timer does, unless it is told of a login of
    its own.
    """
    given = dict(wanted["rotation_vars"])
    own = {} if _has_own_login(given) else _of_the_plugin(wanted)
    always = {
        f"{_PREFIX}leader_only": True,
        f"{_PREFIX}docker_host": f"unix://{wanted['docker_socket']}",
    }
    return {**own, **always, **given}


def _has_own_login(given: Wanted) -> bool:
    return any(name.startswith(_VAULT) for name in given)


def _of_the_plugin(wanted: Wanted) -> dict[str, t.Any]:
    found = dict(wanted["vault"])
    for suffix, option in _SETTINGS.items():
        for prefix in ("OPENBAO_", "VAULT_"):
            if wanted["settings"].get(prefix + suffix):
                found[f"vault_{option}"] = wanted["settings"][prefix + suffix]
    credentials = wanted["credentials"]
    found.update(
        {
            f"vault_{option}": credentials[file]
            for file, option in _VALUES.items()
            if file in credentials
        }
    )
    found.update(
        {
            f"vault_{option}": f"{wanted['credentials_dir']}/{file}"
            for file, option in _PATHS.items()
            if file in credentials
        }
    )
    return {f"{_PREFIX}{option}": value for option, value in found.items()}
