# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what the user asked for that need no I/O, all reported together."""

from __future__ import annotations

import typing as t
from collections import Counter

from .._common import errors
from .._swarm import naming
from .._vault import source_check
from . import attachments, renewal_margin
from . import labels as secret_labels

if t.TYPE_CHECKING:
    from .._common import secret_value
    from . import request as requested
    from .observe import state as states

#: The engine takes 1 to 511,999 bytes (swarmkit manager/controlapi/secret.go, api/validation).
MAX_BYTES = 512_000


def check_request(
    requests: t.Sequence[requested.SecretRequest], options: requested.Options
) -> None:
    """Check the request by itself, before anything is read.

    :raises InputError: names every object at fault.
    """
    problems = _option_problems(requests, options)
    counted = Counter(request.name for request in requests)
    problems += [f"{name} is listed {n} times" for name, n in counted.items() if n > 1]
    for request in requests:
        problems += [f"{request.name}: {text}" for text in _secret_problems(request)]
        if request.from_version is not None and options.state != "rolled_back":
            problems.append(f"{request.name}: from_version goes with state rolled_back only")
    errors.raise_problems(problems)


def check_against(requests: t.Sequence[requested.SecretRequest], state: states.SwarmState) -> None:
    """Check the request against what Swarm holds: sources, and services to attach to.

    :raises InputError: names every object at fault.
    """
    problems = [
        f"{request.name}: no source is given, and no Swarm secret of it tells one in its "
        f"labels: give vault_path or data"
        for request in requests
        if request.source is None and request.data is None
    ]
    problems += attachments.service_problems(requests, state)
    errors.raise_problems(problems)


def _option_problems(
    requests: t.Sequence[requested.SecretRequest], options: requested.Options
) -> list[str]:
    problems = []
    if not requests and not options.discover:
        problems.append("no secrets are listed and discover is off")
    if options.discover and options.state != "present":
        # Everything with a vault_path label would be undone at once, also what others made.
        problems.append(f"discover goes with state present only, not with {options.state}")
    if options.keep_versions < 1:
        problems.append(
            f"keep_versions is {options.keep_versions}, but must be at least 1: the current one stays"
        )
    if options.max_parallel < 1:
        problems.append(f"max_parallel is {options.max_parallel}, but must be at least 1")
    problems += _wave_problems(options)
    if options.wait_timeout <= 0:
        problems.append(f"wait_timeout is {options.wait_timeout:g} s, but must be above 0")
    if options.hash_key is not None:
        from .._common import fingerprint

        problem = fingerprint.key_problem(options.hash_key)
        problems += [f"{problem} ({fingerprint.MAKE_A_KEY})"] if problem else []
    return problems


def _wave_problems(options: requested.Options) -> t.Iterator[str]:
    if options.max_waves is None:
        return
    if options.max_waves < 1:
        yield f"max_waves is {options.max_waves}, but must be at least 1"
    if options.state != "present":
        yield f"max_waves goes with state present only, not with {options.state}"
    if not options.wait:
        yield "max_waves goes with wait only: a wave has to end before the next one may begin"


def _secret_problems(request: requested.SecretRequest) -> t.Iterator[str]:
    problem = naming.check_name(request.name) or naming.check_name(
        naming.version_name(request.name, 1)
    )
    if problem:
        yield problem
    if request.data is not None and request.source is not None:
        yield "both data and vault_path are given"
    if request.data is not None:
        yield from value_problems(request.data, "data")
    if request.driver:
        from . import drivers

        yield from drivers.driver_problems(request)
    yield from _source_problems(request)
    for label in (*request.labels, *sorted(request.dropped_labels)):
        if secret_labels.is_reserved(label):
            yield f"label {label} is written by the collection itself"
    yield from attachments.attachment_problems(request)


def _source_problems(request: requested.SecretRequest) -> t.Iterator[str]:
    engine = request.source.engine if request.source else None
    if request.renew_before is not None:
        problem = renewal_margin.margin_problem(request.renew_before)
        if problem:
            yield problem
        problem = None if engine is None else renewal_margin.engine_problem(engine)
        if problem:
            yield problem
    if request.source is not None:
        yield from source_check.source_problems(request.source)


def value_problems(value: secret_value.SecretValue, what: str) -> t.Iterator[str]:
    """Say what is wrong with a value's size; the engine would refuse it half-way."""
    if not len(value):
        yield f"{what} is empty, and a Swarm secret cannot be"
    elif len(value) >= MAX_BYTES:
        yield f"{what} has {len(value)} bytes, and a Swarm secret holds fewer than {MAX_BYTES}"
