# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens, in whatever order: no run does what no run may do, and quiet comes again.

After each call of a run that changes something (``tests/fake_engine/audit.py``): nothing is
removed that is in use or needed for a rollback; nothing of others is touched; no consumer has a
mixture of what belongs together; a consumer gets one update for one change, and one more for each
time that it went back (a suspect is then tried by itself) or that somebody else changed it; going
back leads to the version before and no further.

``SWARMVAULT_EXAMPLES=2000`` looks longer, at other orders each time, and shrinks what it finds.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.fake_engine.shop import CONSUMERS, FAULTS, NAMES, OTHERS, PATHS, Event, Shop

EXAMPLES = int(os.environ.get("SWARMVAULT_EXAMPLES", "0"))

#: Most of what matters happens around what changes something.
MOMENTS = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 9)),
    st.tuples(st.just("write"), st.integers(1, 9)),
    st.tuples(st.just("call"), st.integers(1, 60)),
)
MISHAPS = st.sampled_from([*((name,) for name in sorted(FAULTS)), *OTHERS])
EVENTS = st.builds(lambda moment, mishap: (*moment, *mishap), MOMENTS, MISHAPS)


class Story(RuleBasedStateMachine):
    """One order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.ran = False

    @rule(
        path=st.sampled_from(sorted(PATHS)),
        rejected_by=st.none() | st.sampled_from(CONSUMERS),
    )
    def put(self, path: str, rejected_by: str | None) -> None:
        self.shop.put(path, rejected_by)

    @rule(
        only=st.sampled_from(PATHS["db"]), rejected_by=st.none() | st.sampled_from(["web", "api"])
    )
    def put_partly(self, only: str, rejected_by: str | None) -> None:
        self.shop.put("db", rejected_by, only=only)

    @rule(path=st.sampled_from(sorted(PATHS)))
    def put_again(self, path: str) -> None:
        self.shop.put_again(path)

    @rule(name=st.sampled_from(NAMES))
    def move(self, name: str) -> None:
        self.shop.move(name)

    @rule(other=st.sampled_from(OTHERS))
    def other(self, other: tuple[str, str]) -> None:
        self.shop.other(*other)

    @rule()
    def heal(self) -> None:
        self.shop.heal()

    @rule(seconds=st.sampled_from([0.5, 5.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.shop.wait(seconds)

    @rule(
        events=st.lists(EVENTS, max_size=2),
        on_failure=st.sampled_from(["rollback", "rollback", "rollback_all", "pause", "continue"]),
        keep=st.integers(1, 3),
        parallel=st.sampled_from([1, 4]),
    )
    def run(
        self,
        events: list[Event],
        on_failure: str,
        keep: int,
        parallel: int,
    ) -> None:
        self.shop.run(*events, on_failure=on_failure, keep=keep, parallel=parallel)
        self.ran = True

    @precondition(lambda self: self.ran)
    @rule(path=st.sampled_from(sorted(PATHS)))
    def take_back(self, path: str) -> None:
        self.shop.take_back(path)

    @precondition(lambda self: self.ran)
    @rule()
    def quiet(self) -> None:
        self.shop.quiet()

    def teardown(self) -> None:
        self.shop.end_well()


TestStory = Story.TestCase
TestStory.settings = settings(
    max_examples=EXAMPLES or 50,
    stateful_step_count=12,
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    print_blob=True,
    # To shrink takes minutes: whoever looks into a failure asks for it.
    phases=tuple(Phase) if EXAMPLES else (Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
