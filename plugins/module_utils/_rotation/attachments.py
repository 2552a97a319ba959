# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a service cannot get a secret as a file: found before anything is changed.

The engine refuses some of it when other secrets have been created already. The rest it takes, and
then every task of the service fails, or shows another file than the one meant.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from .._swarm import container_files, naming

if t.TYPE_CHECKING:
    from .._swarm import model
    from . import request as requested
    from .observe import state as states

MAX_MODE = 0o7777


def attachment_problems(request: requested.SecretRequest) -> t.Iterator[str]:
    """Say what is wrong with the attachments of one secret by themselves."""
    for attachment in request.attachments:
        for problem in (
            naming.check_target(_target(request, attachment)),
            naming.check_owner("uid", attachment.uid),
            naming.check_owner("gid", attachment.gid),
            _mode_problem(attachment.mode),
        ):
            if problem:
                yield f"service {attachment.service}: {problem}"
    counted = Counter(attachment.service for attachment in request.attachments)
    for name, n in counted.items():
        if n > 1:
            yield f"service {name} is listed {n} times"


def service_problems(
    requests: t.Sequence[requested.SecretRequest], state: states.SwarmState
) -> t.Iterator[str]:
    """Say which attachments do not go with the services that are there, or with each other."""
    services = {service.name: service for service in state.services}
    given: dict[str, list[container_files.ContainerFile]] = {}
    for request in requests:
        for attachment in request.attachments:
            target = _target(request, attachment)
            file = container_files.ContainerFile(
                container_files.secret_path(target), f"secret {request.name}"
            )
            others = given.setdefault(attachment.service, [])
            for other in others:
                if container_files.collide(file, other):
                    also = f"{attachment.service} is to get {other.what} as well"
                    yield f"{request.name}: {_collision(target, file, other, also)}"
            others.append(file)
            service = services.get(attachment.service)
            if service is None:
                yield f"{request.name}: there is no service {attachment.service}"
                continue
            for problem in _problems_with(service, request.name, target, state):
                yield f"{request.name}: {problem}"


def _problems_with(
    service: model.Service, logical: str, target: str, state: states.SwarmState
) -> t.Iterator[str]:
    if service.is_job:
        yield f"{service.name} is a {service.mode}, and attaching a secret would re-run it"
        return
    if "ContainerSpec" not in (service.raw_spec.get("TaskTemplate") or {}):
        yield f"{service.name} does not run containers, so it cannot have secrets"
        return
    versions = state.versions_in(service.references)
    if any(version.logical == logical for _first, version in versions):
        return  # it has the secret already, and is not given it twice
    file = container_files.ContainerFile(container_files.secret_path(target), f"secret {logical}")
    for other in container_files.files_of(service.raw_spec):
        if container_files.collide(file, other):
            yield _collision(target, file, other, f"{service.name} has {other.what} already")


def _collision(
    target: str,
    file: container_files.ContainerFile,
    other: container_files.ContainerFile,
    also: str,
) -> str:
    """Say that two files do not go together, naming both.

    :param target: of the first, as it was written.
    :param also: what the service has, or gets, at the other path.
    """
    there = f"the file {file.path} (target {target}) cannot be made"
    if file.path == other.path:
        return f"{there}: {also} at that path, so give another target"
    return f"{there}: {also} at {other.path}, and nothing lies below a file, so give another target"


def _target(request: requested.SecretRequest, attachment: requested.Attachment) -> str:
    return request.name if attachment.target is None else attachment.target


def _mode_problem(mode: int) -> str | None:
    if 0 <= mode <= MAX_MODE:
        return None
    return f"mode {mode:o} is not a valid file mode, which goes from 0000 to {MAX_MODE:o}"
