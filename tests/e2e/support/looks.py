# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at a report and at the Swarm that several tests take."""

from __future__ import annotations

import json
import typing as t

from testbed.waiting import wait_for
from tests.e2e.support.interference import is_service_update
from tests.e2e.support.world import DEADLINE, SECOND, state_of_update

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

    from tests.e2e.support.world import World

#: An update whose new task fails ends at once; this is how long the engine keeps watching for it.
#: A busy machine may need seconds to start the task that then fails.
PATIENT = {"Monitor": 4 * SECOND}


def states(report: Report) -> dict[str, tuple[str, str]]:
    """Return action and state of each service."""
    return {service.name: (service.action, service.state) for service in report.services}


def actions(report: Report) -> dict[str, tuple[str, str | None]]:
    """Return action and current version of each logical secret."""
    return {secret.name: (secret.action, secret.current) for secret in report.secrets}


def reason(report: Report, service: str) -> str:
    """Return why a service ended as it did."""
    return next(item.reason for item in report.services if item.name == service)


def updates(world: World) -> int:
    """Count the updates of services that the last run sent."""
    return sum(is_service_update(call) for call in world.calls)


def changes(world: World) -> list[str]:
    """Return the calls of the last run that change anything."""
    return [call for call in world.calls if not call.startswith("GET ")]


def status(world: World, secret: str) -> str:
    """Return the status label of a version."""
    return world.secrets()[secret]["swarmvault.status"]


def update_state(world: World, service: str) -> str | None:
    """Return what the engine says of a service's last update."""
    return state_of_update(world.inspect(service))


def tasks_made(world: World, service: str) -> int:
    """Count the tasks the engine made for a service, ended ones included."""
    return len(world.client.tasks(filters={"service": service}))


def wait_shown(world: World, service: str, target: str, digests: set[str]) -> None:
    """Wait until the containers of a service see these values: old ones take a moment to end."""
    wait_for(
        f"{service} to show {digests}",
        lambda: world.shown_now(service, target) == digests,
        timeout=DEADLINE,
        interval=0.2,
    )


def everything_told(report: Report) -> str:
    """Return all text a run can give to a user."""
    return json.dumps([report.as_dict(), report.message, report.warnings, report.diff()])


def accepts_only(*digests: str, target: str = "db") -> tuple[str, ...]:
    """Return a command that fails unless a secret has one of these digests."""
    tests = " ".join(f"{digest}*) exec /app.sh ;;" for digest in digests)
    return ("/bin/sh", "-c", f"case $(sha256sum /run/secrets/{target}) in {tests} esac; exit 3")
