# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking beds away without a trace, also those that a crash left half made."""

from __future__ import annotations

import collections.abc as c
import contextlib
import itertools
import shutil
import typing as t

import docker.errors

from testbed import network, settings
from testbed.engine import HostEngine, crashed_engine
from testbed.locks import exclusive
from testbed.openbao import OpenBao
from testbed.parallel import each
from testbed.postgres import Postgres
from testbed.registry import Registry


def remove(name: str, engine: HostEngine | None, *, keep_engine: bool = False) -> None:
    """Remove a bed, and the own engine if no other bed runs in it."""
    settings.check_name(name)
    with exclusive(f"bed-{name}"):
        if engine and not engine.answers():
            engine = crashed_engine() if engine.own else None
        engine = engine or HostEngine.find() or crashed_engine()
        sweep(name, engine)
    if engine and not keep_engine:
        engine.stop_if_unused()
    settings.tidy()


def sweep(name: str, engine: HostEngine | None) -> None:
    """Remove what a bed left, found by label: that also finds what no file remembers."""
    directory = settings.beds_dir() / name
    OpenBao(directory / "vault").down()
    Postgres(directory / "postgres").down()
    Registry(directory / "registry", "").down()
    if engine:
        only_its = {"label": f"{settings.LABEL}={name}"}
        with contextlib.closing(engine.client()) as client:
            containers = client.containers(all=True, filters=only_its)
            remove_container = _remover(client.remove_container, force=True, v=True)
            each(remove_container, [container["Id"] for container in containers])
            volumes = client.volumes(filters=only_its)["Volumes"] or ()
            each(_remover(client.remove_volume, force=True), [one["Name"] for one in volumes])
        network.remove(engine, name)
    shutil.rmtree(directory, ignore_errors=True)


def remove_all(names: c.Iterable[str], *, keep_engine: bool = False) -> list[str]:
    """Remove these beds and every OpenBao that belongs to none; tell what was removed."""
    # Ours that died first: while the user's answers, nobody else would come across what it left.
    engines = {engine for engine in (crashed_engine(), HostEngine.find()) if engine}
    removed = []
    beds = {engine: engine.beds() for engine in engines}
    for name in sorted({*names, *itertools.chain.from_iterable(beds.values())}):
        engine = next((engine for engine, has in beds.items() if name in has), None)
        remove(name, engine, keep_engine=True)
        removed.append(f"bed {name}")
    for bao in OpenBao.all():
        bao.down()
        removed.append(f"OpenBao {bao.directory}")
    if not keep_engine:
        for engine in engines:
            engine.stop_if_unused()
    settings.tidy()
    return removed


def _remover(action: c.Callable[..., t.Any], **options: t.Any) -> c.Callable[[str], None]:
    def try_to(identity: str) -> None:
        with contextlib.suppress(docker.errors.NotFound):
            action(identity, **options)

    return try_to
