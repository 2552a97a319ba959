# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads single settings, whether they come typed from Ansible or as text from the environment."""

from __future__ import annotations

import json
import re
import typing as t
from urllib.parse import urlsplit

from .._common.errors import InputError
from .._common.secret_value import SecretValue

# Go's ParseDuration, which Vault's clients use, for the units that make sense here.
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h)?")
# What every path of the API begins with, and documentation shows in its examples.
_API = re.compile(r"^(https?://.*[^/])/+v1$")
_UNIT_SECONDS = {None: 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TRUE = frozenset(("1", "t", "true", "y", "yes", "on"))
_FALSE = frozenset(("0", "f", "false", "n", "no", "off"))


def url(value: t.Any, origin: str) -> str:
    """Return an address without a slash at its end.

    :param value: the address; a path prefix is kept, the ``/v1`` of the API's own paths is not.
    :param origin: option or environment variable it comes from.
    :raises InputError: it is not an address of a web server, or carries credentials.
    """
    text = str(value).strip().rstrip("/")
    text = _API.sub(r"\1", text)
    remedy = "Use an address such as https://vault.example.org:8200."
    try:
        parts = urlsplit(text)
        # The port is parsed only when asked for.
        complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
        parts = urlsplit("")
    # The text is not shown: it may hold a password.
    if parts.username is not None or parts.password is not None:
        raise InputError(f"{origin} carries a user or password.", remedy)
    if not complete or parts.query or parts.fragment:
        raise InputError(f"{origin} is not the address of a web server.", remedy)
    return text


def urls(value: t.Any, origin: str) -> tuple[str, ...]:
    """Return the addresses of one Vault, from a list or from a text with commas, each once.

    :raises InputError: one is not an address of a web server, or carries credentials.
    """
    texts = value if isinstance(value, (list, tuple)) else [value]
    parts = [part.strip() for text in texts for part in str(text).split(",")]
    return tuple(dict.fromkeys(url(part, origin) for part in parts if part))


def trimmed(value: str | None) -> str | None:
    """Return a mount or namespace without slashes at its ends; None where nothing is left."""
    return (value or "").strip().strip("/") or None


def seconds(value: t.Any, origin: str) -> float:
    """Return a time above zero, from a number or a text such as ``30`` or ``1m``.

    :raises InputError: it is no such time.
    """
    found = _DURATION.fullmatch(str(value).strip())
    result = float(found["number"]) * _UNIT_SECONDS[found["unit"]] if found else 0.0
    if result <= 0:
        raise InputError(
            f"{origin} is {value!r}, which is not a time above zero.",
            "Give seconds, or a number with a unit such as 30s or 1m.",
        )
    return result


def count(value: t.Any, origin: str) -> int:
    """Return a whole number of at least zero.

    :raises InputError: it is no such number.
    """
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()):
        raise InputError(
            f"{origin} is {value!r}, which is not a whole number of at least 0.",
            "Give the number of retries; 0 turns them off.",
        )
    return int(text)


def boolean(value: t.Any, origin: str) -> bool:
    """Return a truth value, from one or from the words that Ansible and Go understand.

    :raises InputError: it is no such word.
    """
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise InputError(f"{origin} is {value!r}, which is neither true nor false.")


def secret(text: str, origin: str) -> SecretValue:
    """Return a credential.

    :raises InputError: it is no Unicode text, as bytes of another encoding in the environment.
    """
    try:
        return SecretValue(text.encode())
    except UnicodeEncodeError:
        pass  # the error holds the text, so that none may be chained to it
    raise InputError(f"{origin} is not valid UTF-8.", "Check how it is read.")


def proxies(value: t.Any, origin: str) -> dict[str, str]:
    """Return proxies by scheme, from a mapping, from its JSON text, or from one address for all.

    :raises InputError: it is none of these. The value is not shown, as it may hold a password.
    """
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if isinstance(value, str):
        return {"http": value, "https": value}
    if not isinstance(value, t.Mapping) or not all(isinstance(v, str) for v in value.values()):
        raise InputError(
            f"{origin} is neither an address nor a mapping of schemes to addresses.",
            "Give one address, or a mapping such as {https: http://proxy.example.org:3128}.",
        )
    return {str(scheme): address for scheme, address in value.items()}
