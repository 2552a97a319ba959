# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what the labels of a secret hold; what they mean is up to those that ask."""

from __future__ import annotations

import math
import typing as t

from swarmvault_core._common import settings as words
from swarmvault_core._common.errors import InputError
from swarmvault_core._rotation import labels as secret_labels

_LONGEST_SHOWN = 80
#: Vault's own client wraps for five minutes where nobody says otherwise
#: (``DefaultWrappingTTL`` in hashicorp/vault, api/client.go).
USUAL_WRAP = 300
# Nobody means more, and Vault would refuse it: it keeps nothing so long.
_LONGEST_WRAP = 366 * 86400


class LabelError(InputError):
    """The labels of a secret cannot be followed, so that its owner has to mend them."""


@t.final
class Labels:
    """The labels of one secret.

    A label without a value counts as missing, as where a stack file leaves a variable empty.

    :param secret: name of the secret, for messages.
    :param labels: its labels.
    """

    def __init__(self, secret: str, labels: t.Mapping[str, str]) -> None:
        self.secret = secret
        self._labels = {name: text.strip() for name, text in labels.items() if text.strip()}

    def names(self, prefix: str) -> list[str]:
        """Return the names of those that begin so."""
        return sorted(name for name in self._labels if name.startswith(prefix))

    def text(self, *names: str) -> str | None:
        """Return what a label holds, which may have several names.

        :raises LabelError: two of them contradict each other.
        """
        found = {name: self._labels[name] for name in names if name in self._labels}
        if len(set(found.values())) > 1:
            raise self.error(
                f"labels {' and '.join(found)} contradict each other", "Keep one of them"
            )
        return next(iter(found.values()), None)

    def word(self, name: str, allowed: t.Sequence[str]) -> str | None:
        """Return one of several words.

        :raises LabelError: it is none of them.
        """
        text = self.text(name)
        if text is None or text in allowed:
            return text
        raise self.wrong(name, f"must be one of {', '.join(allowed)}")

    def flag(self, name: str) -> bool | None:
        """Return a truth value.

        :raises LabelError: it is none.
        """
        text = self.text(name)
        if text is None:
            return None
        found = _boolean(text)
        if found is None:
            raise self.wrong(name, "must be true or false")
        return found

    def wrap(self, name: str) -> int | None:
        """Return for how many seconds to wrap; None: not at all.

        :raises LabelError: it is neither a truth value nor a time.
        """
        text = self.text(name)
        if text is None:
            return None
        found = _boolean(text)
        if found is not None:
            return USUAL_WRAP if found else None
        try:
            seconds = words.seconds(text, name)
        except InputError:
            seconds = math.inf
        if not 1 <= seconds <= _LONGEST_WRAP:
            raise self.wrong(name, "must be true, false or a time such as 90s or 10m")
        return math.ceil(seconds)

    def version(self, name: str) -> str | None:
        """Return the number of a version, as it is written.

        :raises LabelError: it is none.
        """
        text = self.text(name)
        if text is not None and secret_labels.number_in(text) is None:
            raise self.wrong(name, "must be the number of a version, such as 3")
        return text

    def wrong(self, name: str, rule: str) -> LabelError:
        """Return the error for a label whose value is not what it has to be."""
        text = self._labels.get(name, "")
        shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
        return self.error(f"label {name} is {shown!r}, but {rule}", "Correct the label")

    def error(self, problem: str, remedy: str) -> LabelError:
        """Return an error about this secret."""
        return LabelError(f"Secret {self.secret}: {problem}.", f"{remedy}.")


def _boolean(text: str) -> bool | None:
    try:
        return words.boolean(text, "")
    except InputError:
        return None
