# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How services are moved to new versions."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Wait until every service has converged, that is, all its tasks run the new version and
        Swarm has completed the update.
      - With V(false), the run ends when the updates are started, and no failure is noticed. Waves
        then only tell the order of starting. Versions are confirmed, quarantined and retired by a
        later run.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for the next task of a service to come up, in seconds. As long as tasks come
        up one by one, the update makes progress. A service whose own update settings need longer
        between two tasks (C(delay), C(monitor), the start period of its health check) gets it.
      - A service that takes longer is reported as C(late) and left as it is. Its update goes on, and
        the next run looks at it again.
    type: float
    default: 300
  max_parallel:
    description:
      - How many services are updated side by side, within one wave.
    type: int
    default: 4
  max_waves:
    description:
      - How many waves are moved by this run, counting those that have something to move. Services
        of later waves are left as they are and reported as C(waiting), RV(waves_left) lists their
        waves, and a later run goes on with them. Without it all waves are moved.
      - So there is time to judge a new value between two waves, and after the last one. As long as
        a run with this option finds something to move, it confirms no version, removes none and
        ends no lease, and what it rolls out is listed in RV(unconfirmed). The run that finds
        nothing left to move does so.
      - Goes with O(state=present) and O(wait=true) only. With O(force=true) every run begins anew
        with the first wave, so let only the first run of a rotation have it.
    type: int
  on_failure:
    description:
      - What to do when a service fails with the new version, that is, when a task has run with it and
        failed. A task that could not even be started says nothing of the value, nor does a service
        that was in trouble before.
      - V(rollback) returns that service to what it ran before. Services that have converged keep
        the new version.
      - V(rollback_all) returns every service that this run moved to the same version as well, so
        that they stay alike. A service whose tasks cannot even be started goes back alone.
      - V(pause) leaves the service as the engine left it, and quarantines the version.
      - V(continue) leaves the service too, does not quarantine, and goes on to further services
        with the same version.
      - With all but V(continue), the same secret is started on no further service. With all of
        them, everything unaffected is done and then the task fails.
      - With V(rollback), where several secrets of a service changed at once, those that are good are
        found out. Once the service is back, they are tried, first those that run well on another
        service, then the others one by one, so that only the one at fault is quarantined.
    type: str
    choices:
      - rollback
      - rollback_all
      - pause
      - continue
    default: rollback
notes:
  - B(Quarantine). A version that a service failed with, or that was rolled back, is marked. The
    value is not tried again until the source holds another one or O(force=true) is given. The same
    value, written again, is recognised. Each run reports it meanwhile.
  - B(Groups). Secrets whose new values come from one read only make sense together, as user and
    password do. These are the fields of one path at one version, the credentials of one lease, and
    a certificate with its key. They are created, moved, quarantined and rolled back together. What
    has the same value as before is not concerned.
  - B(Waves). Services are updated in the order of the integer in their label C(swarmvault.wave),
    C(0) where there is none. A wave starts after the one before has converged, so a canary gets a
    low number.
  - B(Jobs). A service in the mode C(replicated-job) or C(global-job) is reported and not updated,
    since an update would run the job again. Nor is a one-shot service, a replicated one that is
    restarted on failure only or never, and whose task has ended well.
  - B(Adoption). A service that refers to a Swarm secret named like the logical secret is moved from
    it to the first version. That original secret is never changed or removed.
  - B(Drift). A service that was set back to an earlier version, for example by deploying a stack
    file again, is moved to the current one by the next run.
  - Two runs at the same time do not harm each other.
"""
