# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fake engine believes about engines, compared with real ones: where they differ it is
the fake that is wrong."""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from testbed.waiting import wait_for
from tests.e2e.support.secret_driver import secret_driver
from tests.e2e.swarm.engine import Engine
from tests.fake_engine.contract import SCENES, Scene, Stage, driver_secrets
from tests.fake_engine.contract_fake import fake_stage

if t.TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE = 120.0


@pytest.fixture
def stage(engine: Engine) -> Iterator[Stage]:
    """A stage on a real Swarm."""

    def wait(what: str, done: t.Callable[[], bool]) -> None:
        wait_for(what, done, timeout=DEADLINE)

    found = Stage(engine.transport, wait, engine.prefix, engine.bed.workers[0].name)
    yield found
    found.clean()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_the_fake_engine_sees_what_real_engines_see(
    stage: Stage, scene: Scene, engine: Engine
) -> None:
    fake = fake_stage()
    scene(fake)
    with secret_driver(engine.bed) if scene is driver_secrets else contextlib.nullcontext():
        scene(stage)
    assert dict(enumerate(fake.notes)) == dict(enumerate(stage.notes))
