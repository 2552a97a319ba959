# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads single settings, whether they come typed from Ansible or as text from the environment."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import typing as t
from urllib.parse import urlsplit

from .._common import errors
from . import options

_ADDRESS_REMEDY = (
    "Use an address such as https://vault.example.org:8200, or unix:///run/vault/agent.sock with"
    " three slashes."
)
_PAIR = re.compile(r"(\w+)=(\S*?)(?:[,\s]+(?=\w+=)|$)")
# What every path of the API begins with, and documentation shows in its examples.
_API = re.compile(r"^(https?://.*[^/])/+v1$")


def url(value: t.Any, origin: str) -> str:
    """Return an address without a slash at its end.

    :param value: the address; a path prefix is kept, the ``/v1`` of the API's own paths is not.
        After ``unix://`` it is the path of a socket.
    :param origin: option or environment variable it comes from.
    :raises InputError: it is not an address of a web server or a socket, or carries credentials.
    """
    text = str(value).strip()
    if text.startswith(options.UNIX):
        return _socket(text, origin)
    text = _API.sub(r"\1", text.rstrip("/"))
    try:
        parts = urlsplit(text)
        # The port is parsed only when asked for.
        complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
        parts = urlsplit("")
    # The text is not shown: it may hold a password.
    if parts.username is not None or parts.password is not None:
        raise errors.InputError(f"{origin} carries a user or password.", _ADDRESS_REMEDY)
    if not complete or parts.query or parts.fragment:
        raise errors.InputError(
            f"{origin} is not the address of a web server or a socket.", _ADDRESS_REMEDY
        )
    return text


def _socket(text: str, origin: str) -> str:
    path = text[len(options.UNIX) :]
    if not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise errors.InputError(
            f"{origin} does not name the absolute path of a socket.", _ADDRESS_REMEDY
        )
    return text


def urls(value: t.Any, origin: str) -> tuple[str, ...]:
    """Return the addresses of one Vault, from a list or from a text with commas, each once.

    :raises InputError: one is not an address of a web server or a socket, or carries credentials.
    """
    texts = value if isinstance(value, (list, tuple)) else [value]
    parts = [part.strip() for text in texts for part in str(text).split(",")]
    return tuple(dict.fromkeys(url(part, origin) for part in parts if part))


def trimmed(value: str | None) -> str | None:
    """Return a mount or namespace without slashes at its ends; None where nothing is left."""
    return (value or "").strip().strip("/") or None


def host_name(value: t.Any, origin: str) -> str:
    """Return the name, or IP address, that a certificate may be for.

    :raises InputError: it is neither.
    """
    text = str(value).strip().strip("[]")
    if not re.fullmatch(r"[\w.:-]+", text) or "://" in text:
        raise errors.InputError(
            f"{origin} is {value!r}, which is not a host name.",
            "Give a name that stands in the certificate of the server, such as vault.example.org.",
        )
    return text


def mapping(value: t.Any) -> dict[str, t.Any] | None:
    """Return a mapping, from one or from its text: JSON, what Ansible makes of one, or ``k=v``s.

    :returns: the mapping; None: it is something else.
    """
    if isinstance(value, t.Mapping):
        return {str(key): found for key, found in value.items()}
    text = str(value).strip()
    if text.startswith("{"):
        for read in (json.loads, ast.literal_eval):
            # Their errors hold the text, which may hold a password.
            with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
                found = read(text)
                if isinstance(found, dict):
                    return {str(key): one for key, one in found.items()}
        return None
    pairs = list(_PAIR.finditer(text))
    complete = "".join(pair[0] for pair in pairs) == text
    return {pair[1]: pair[2] for pair in pairs} if pairs and complete else None


def proxies(value: t.Any, origin: str) -> dict[str, str]:
    """Return proxies by scheme, from a mapping, from its text, or from one address for all.

    :raises InputError: it is none of these. The value is not shown, as it may hold a password.
    """
    found = mapping(value)
    if found is None and isinstance(value, str) and not value.lstrip().startswith("{"):
        return {"http": value, "https": value}
    if found is None or not all(isinstance(address, str) for address in found.values()):
        raise errors.InputError(
            f"{origin} is neither an address nor a mapping of schemes to addresses.",
            "Give one address, or a mapping such as {https: http://proxy.example.org:3128}.",
        )
    return found
