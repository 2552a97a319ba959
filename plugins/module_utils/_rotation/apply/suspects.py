# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of several new values a consumer rejects: they are tried one batch after another. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

#: Logical secrets that only work together.
Group = tuple[str, ...]


@dataclass
class Suspects:
    """The values of an update that failed, of which it is not known which are at fault.

    :param untried: batches of groups that are still to be tried, in their order.
    :param batch: what is being tried, beside what is good.
    :param good: logical secrets that the consumer runs well.
    :param bad: those that it rejects.
    :param trial: what the consumer is to run while that is found out; None: it is not.
    """

    untried: list[tuple[Group, ...]] = field(default_factory=list)
    batch: tuple[Group, ...] = ()
    good: frozenset[str] = frozenset()
    bad: tuple[str, ...] = ()
    trial: frozenset[str] | None = None

    def begin(self, groups: t.Sequence[Group], cleared: t.Container[str]) -> None:
        """Take in the groups of an update that failed.

        :param cleared: secrets that another consumer runs well. They are probably good here too,
            so they are tried all at once; this consumer alone may still reject one of them.
        """
        likely = tuple(group for group in groups if all(name in cleared for name in group))
        others = [(group,) for group in groups if group not in likely]
        self.untried = [likely, *others] if likely and others else [(group,) for group in groups]

    def next_trial(self) -> frozenset[str]:
        """Begin the next trial, and return what the consumer is to run in it."""
        self.batch = self.untried.pop(0)
        self.trial = self.good | frozenset(_names(self.batch))
        return self.trial

    def try_next(self, held: t.Container[str]) -> bool:
        """Begin the next trial, or have back what is good; False: nothing is left to do.

        :param held: logical secrets that the consumer has at the version it was moved to. The engine
            may have taken what is good back with the others.
        """
        if self.untried:
            self.next_trial()
        elif any(name not in held for name in self.good):
            self.trial = self.good
        else:
            return False
        return True

    def passed(self) -> tuple[str, ...]:
        """Note that the trial went well; returns what is good now."""
        names, self.batch = _names(self.batch), ()
        self.good |= frozenset(names)
        return names

    def failed(self) -> tuple[str, ...]:
        """Note that the trial failed; returns what is at fault, if that is known now."""
        groups, self.batch = self.batch, ()
        if len(groups) > 1:
            self.untried[:0] = [(group,) for group in groups]
            return ()
        names = _names(groups)
        self.bad += names
        return names

    def eliminated(self) -> tuple[str, ...]:
        """Return what must be at fault without a trial, since all others are good."""
        if self.bad or len(self.untried) != 1 or len(self.untried[0]) != 1:
            return ()
        self.batch = self.untried.pop()
        return self.failed()


def groups_of(names: t.Iterable[str], siblings: t.Callable[[str], t.Sequence[str]]) -> list[Group]:
    """Return these secrets by what only works together.

    :param siblings: the logical secrets that one read fills together with one, itself included.
    """
    names = list(names)
    found: dict[Group, None] = {}
    for name in names:
        together = tuple(other for other in siblings(name) if other in names)
        found[together or (name,)] = None
    return list(found)


def _names(groups: t.Iterable[Group]) -> tuple[str, ...]:
    return tuple(name for group in groups for name in group)
