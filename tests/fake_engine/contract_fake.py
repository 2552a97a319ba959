# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake as a stage of the contract, its applications behaving as those of the testbed."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from tests.fake_engine.api import FakeTransport
from tests.fake_engine.behaviour import Fate, Subject, missing_image
from tests.fake_engine.contract import DRIVER, ENDS_WELL, MISSING_IMAGE, NO_PROGRAM, Stage
from tests.fake_engine.engine import Engine

DEADLINE = 600.0


def testbed_application(subject: Subject, fate: Fate) -> Fate:
    """Do what the test application does (``tests/testbed/files/app.sh``), and its image."""
    if subject.image == MISSING_IMAGE:
        return replace(fate, pull_error=missing_image(subject.image))
    if subject.command == ENDS_WELL:
        return replace(fate, exits=0.05, exit_code=0)
    if subject.command == NO_PROGRAM:
        return replace(fate, start_error="starting container failed: no such file or directory")
    if any(value.startswith(b"bad") for value in subject.contents):
        return replace(fate, exits=0.05, exit_code=1)
    return fate


def testbed_driver(labels: t.Mapping[str, str]) -> bytes | None:
    """Serve what the driver of the testbed does (``tests/e2e/support/secret_driver.py``)."""
    return None if "shelf_error" in labels else labels["shelf"].encode()


def fake_stage() -> Stage:
    """Return a stage on a fake engine of its own."""
    engine = Engine()
    engine.behaviour.rules.append(testbed_application)
    engine.store.drivers[DRIVER] = testbed_driver

    def wait(what: str, done: t.Callable[[], bool]) -> None:
        assert engine.clock.wait_until(done, DEADLINE), f"waited in vain for {what}"

    engine.settle()
    return Stage(FakeTransport(engine), wait, "fakestage", "w1")
