# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the log of a rotation tells of a run, in whichever log: that of the plugin or of a schedule.

A line for each secret and each service that the run touched, so that a search for the name of a
service finds what was done to it. Never a value.
"""

from __future__ import annotations

import typing as t

#: The module's return values.
Result = t.Mapping[str, t.Any]

INFO, WARNING, ERROR = "info", "warning", "error"

#: Actions that leave a secret without what its source holds.
IN_TROUBLE = ("failed", "kept", "quarantined")
_NOTHING_DONE = ("unchanged",)
_GOOD_STATES = ("converged", "updating", "gone", "superseded", "skipped", "waiting")


class Event(t.NamedTuple):
    """One line.

    :param key: what is the same where the same is told again; None: it is worth telling each time.
    """

    level: str
    event: str
    fields: t.Mapping[str, t.Any]
    key: t.Hashable = None


def of_secrets(result: Result) -> t.Iterator[Event]:
    """Tell of each logical secret that something was done to, or should have been."""
    for secret in result["secrets"]:
        action = secret["action"]
        if action in _NOTHING_DONE:
            continue
        yield Event(
            WARNING if action in IN_TROUBLE else INFO,
            f"rotation: secret {action}",
            {
                "secret": secret["name"],
                "outcome": action,
                "version": secret["current"] or "none",
                "reason": secret["reason"],
            },
            ("secret", secret["name"], action, secret["current"], secret["reason"]),
        )


def of_services(result: Result) -> t.Iterator[Event]:
    """Tell of each service that was not up to date."""
    for service in result["services"]:
        action, state = service["action"], service["state"]
        key = ("service", service["name"], action, state, service["reason"])
        yield Event(
            INFO if state in _GOOD_STATES else WARNING,
            f"rotation: service {action}",
            {
                "service": service["name"],
                "secret": ",".join(service["secrets"]),
                "outcome": state,
                "reason": service["reason"],
                "duration": round(service["duration"], 1),
            },
            # Whatever was sent to a service is told each time.
            None if action == "updated" else key,
        )


def of_the_rest(result: Result, warnings: t.Iterable[str]) -> t.Iterator[Event]:
    """Tell of versions that were removed, of leases that were ended, and of warnings."""
    for name in result["retired"]:
        yield Event(INFO, "rotation: version removed", {"secret": name})
    for name in result["revoked"]:
        yield Event(INFO, "rotation: lease ended", {"secret": name})
    for warning in warnings:
        yield Event(WARNING, "rotation: warning", {"reason": warning}, warning)


def problem_of(result: Result, failure: str) -> str:
    """Return what went wrong in a run; empty: nothing.

    :param failure: why it failed; empty: it did not.
    """
    kept = [one for one in result["secrets"] if one["action"] == "kept"]
    return failure or "; ".join(f"{one['name']}: {one['reason']}" for one in kept)
