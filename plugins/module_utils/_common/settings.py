# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a setting of a connection comes from: an option, or else environment variables in order.

A value that is not what it should be is an error rather than a guess: a guess could switch the
validation of certificates off.
"""

from __future__ import annotations

import re
import typing as t

from . import errors, secret_value

# What Ansible and Go understand, so that DOCKER_TLS=yes and BAO_SKIP_VERIFY=t mean the same here.
_TRUE = frozenset(("1", "t", "true", "y", "yes", "on"))
_FALSE = frozenset(("0", "f", "false", "n", "no", "off"))

# What Vault's clients take: a number of seconds, whole days, or what Go's ParseDuration reads
# (ParseDurationSecond of github.com/hashicorp/go-secure-stdlib/parseutil).
_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_PLAIN = re.compile(rf"({_NUMBER})|(\d+)d", re.ASCII)
_PART = re.compile(rf"({_NUMBER})(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_DURATION = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_UNIT_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,  # with the micro sign
    "μs": 1e-6,  # with the Greek letter
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_DAY_SECONDS = 86400.0

_Parsed = t.TypeVar("_Parsed")
_Default = t.TypeVar("_Default")


class Setting(t.NamedTuple):
    """A setting that was found.

    :param origin: the option or environment variable it comes from, for messages.
    :param rank: how strong that place is; 0, an option, is the strongest.
    """

    value: t.Any
    origin: str
    rank: int


class Settings:
    """Finds settings by option, then by environment variable.

    An empty text, alone or in a list, counts as not set, as the Docker CLI and Vault's clients
    have it, and as a variable of a playbook that was not filled in leaves it.

    :param options: options by name; others are ignored, and a missing one is the same as None.
    :param environ: environment variables.
    :param variables: the environment variables of each setting, the strongest first.
    :param prefix: what the option of each setting begins with.
    """

    def __init__(
        self,
        options: t.Mapping[str, t.Any],
        environ: t.Mapping[str, str],
        variables: t.Mapping[str, t.Sequence[str]],
        prefix: str = "",
    ) -> None:
        self._options = options
        self._environ = environ
        self._variables = variables
        self._prefix = prefix

    def find(self, name: str) -> Setting | None:
        """Return the strongest that is set."""
        option = f"{self._prefix}{name}"
        value = self._options.get(option)
        if value not in (None, "", [], [""]):
            return Setting(value, option, 0)
        return self.variable(*self._variables.get(name, ()))

    def variable(self, *names: str) -> Setting | None:
        """Return the first of these environment variables that is set."""
        for rank, name in enumerate(names, start=1):
            if self._environ.get(name):
                return Setting(self._environ[name], name, rank)
        return None

    def text(self, name: str) -> str | None:
        """Return a setting that is text."""
        found = self.find(name)
        return None if found is None else str(found.value)

    def secret(self, name: str, *, strip: bool = True) -> secret_value.SecretValue | None:
        """Return a setting that must not be shown.

        :param strip: drop blanks and line breaks at its ends, which files and pipes leave there.
        :raises InputError: it is not Unicode text, as bytes of another encoding in the environment.
        """
        found = self.find(name)
        if found is None or isinstance(found.value, secret_value.SecretValue):
            return found and found.value
        text = str(found.value)
        try:
            return secret_value.SecretValue((text.strip() if strip else text).encode())
        except UnicodeEncodeError:
            pass  # the error holds the text, so that none may be chained to it
        raise errors.InputError(f"{found.origin} is not valid UTF-8.", "Check how it is read.")

    def parsed(
        self, name: str, parse: t.Callable[[t.Any, str], _Parsed], default: _Default
    ) -> _Parsed | _Default:
        """Return what a parser makes of a setting, or the default where it is not set.

        :param parse: is handed the value and its origin, and raises :class:`InputError`.
        """
        found = self.find(name)
        return default if found is None else parse(found.value, found.origin)


def boolean(value: t.Any, origin: str) -> bool:
    """Return a truth value, from one or from the words for it.

    :param origin: option or environment variable it comes from.
    :raises InputError: it is not such a word.
    """
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise errors.InputError(f"{origin} is {value!r}, which is neither true nor false.")


def whole_number(value: t.Any, origin: str, least: int = 0) -> int:
    """Return a whole number.

    :param least: the smallest that makes sense.
    :raises InputError: it is not such a number.
    """
    text = str(value).strip()
    if text.isascii() and text.isdigit() and int(text) >= least:
        return int(text)
    raise errors.InputError(
        f"{origin} is {value!r}, but must be a whole number of at least {least}."
    )


def seconds(value: t.Any, origin: str) -> float:
    """Return a time, from a number of seconds or a text such as ``30``, ``1m30s`` or ``1d``.

    :raises InputError: it is not such a time.
    """
    text = str(value).strip()
    plain = _PLAIN.fullmatch(text)
    if plain:
        return float(plain[2]) * _DAY_SECONDS if plain[2] else float(plain[1])
    if _DURATION.fullmatch(text):
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in _PART.findall(text))
    raise errors.InputError(
        f"{origin} is {value!r}, which is not a time.",
        "Give seconds, or numbers with units such as 30s, 1m30s or 500ms.",
    )
