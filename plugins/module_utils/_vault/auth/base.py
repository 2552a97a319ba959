# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a method of logging in is, what it logs in with, and the token that it gives."""

from __future__ import annotations

import importlib
import sys
import time
import typing as t
from dataclasses import dataclass, field

from ..._common import errors, secret_value

if t.TYPE_CHECKING:
    from .. import options as vault_options

_FIRST_PRINTABLE, _LAST_PRINTABLE = ord("!"), ord("~")


@dataclass(frozen=True)
class Token:
    """A token and what has to be known to look after it.

    :param value: the token; None asks without one, for an agent that adds its own.
    :param from_login: we got it by logging in, so that we can do so again.
    :param revocable: it is ours to give back.
    :param renewable: Vault lets it live longer when asked to.
    :param lease_seconds: how long it lives; 0: not known or without end.
    :param uses: how many requests it is good for; 0: not known or without a limit.
    :param since: when we got it, on the monotonic clock.
    """

    value: secret_value.SecretValue | None
    from_login: bool = False
    revocable: bool = False
    renewable: bool = False
    lease_seconds: float = 0.0
    uses: int = 0
    since: float = field(default_factory=time.monotonic)

    def headers(self) -> dict[str, str]:
        """Return the HTTP headers that show the token."""
        return {} if self.value is None else {"X-Vault-Token": self.value.reveal().decode()}


class LoginClient(t.Protocol):
    """A client of ``hvac`` that shows no token: its API classes carry out what a login takes."""

    auth: t.Any
    sys: t.Any
    adapter: t.Any

    def write_data(self, path: str, *, data: dict[str, t.Any]) -> dict[str, t.Any]:
        """Write to a path, quoted."""

    def showing(self, token: Token) -> LoginClient:
        """Return a client that shows a token, such as one that something is wrapped in."""


class Method:
    """A way to log in, for one connection: it may keep what it can have only once."""

    #: Options, without their prefix, that the method cannot do without.
    required: t.ClassVar[tuple[str, ...]] = ()
    #: What to try where one of them is missing.
    remedy: t.ClassVar[str] = ""
    #: Where it is mounted unless somebody says otherwise; None: at its own name.
    usual_mount: t.ClassVar[str | None] = None

    def check(self, options: vault_options.VaultOptions) -> None:
        """Check what is special about the options.

        :raises InputError: they cannot be used.
        """

    def log_in(self, client: LoginClient, options: vault_options.VaultOptions, mount: str) -> Token:
        """Log in at a mount.

        :raises SwarmVaultError: Vault refuses it, or cannot be asked.
        """
        raise NotImplementedError


def secret_text(value: secret_value.SecretValue | None) -> str | None:
    """Return what goes into the body of a login; None where there is nothing."""
    return None if value is None else value.reveal().decode()


def library(name: str, purpose: str, *, package: str | None = None) -> t.Any:
    """Return a library that only one method needs, and only at times.

    :param package: what pip calls it, where that is another name.
    :raises DependencyError: it is not there.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        missing = package or name
    raise errors.DependencyError(
        f"The Python library {missing}, which gets {purpose}, cannot be imported by"
        f" {sys.executable} on this host.",
        f"Install it there: {sys.executable} -m pip install {missing}.",
    )


def from_login_answer(body: t.Mapping[str, t.Any]) -> Token:
    """Return the token in the answer to a login.

    :param body: the JSON object; see https://openbao.org/api-docs/auth/approle/#login-with-approle
    :raises SourceError: there is none in it, as where a second factor is asked for.
    """
    auth = body.get("auth") or {}
    if not auth.get("client_token"):
        raise errors.SourceError(
            "Vault accepted the login but gave no token.",
            "Use a role that needs no second factor.",
        )
    return Token(
        value=secret_value.SecretValue(str(auth["client_token"]).encode()),
        from_login=True,
        # A batch token has no state in Vault that could be revoked.
        revocable=auth.get("token_type") != "batch",
        renewable=bool(auth.get("renewable")),
        lease_seconds=float(auth.get("lease_duration") or 0),
        uses=int(auth.get("num_uses") or 0),
    )


def check_printable(value: secret_value.SecretValue, option: str) -> None:
    """Make sure that a text fits into an HTTP header.

    ``requests`` would refuse it too, with the text in its message.

    :raises InputError: it does not.
    """
    if not all(_FIRST_PRINTABLE <= byte <= _LAST_PRINTABLE for byte in value.reveal()):
        raise errors.InputError(
            f"{option} holds blanks, line breaks or other characters that no token has.",
            "Check how it is read, for example that a file has one line only.",
        )
