# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges what Vault answered to one request, without knowing what the request was for."""

from __future__ import annotations

import typing as t

from .._common import errors as common_errors
from .._common import secret_value
from . import errors as vault_errors
from . import retries

if t.TYPE_CHECKING:
    from . import exchange
    from . import options as vault_options

_FIRST_ERROR_STATUS = 400
_FORBIDDEN = 403
_NOT_INITIALIZED = 501
_UNAVAILABLE = 503
# What vault/request_handling.go answers in place of a lease that it has just revoked.
_ONE_USE_LEFT = "token had one use left"
# What the body of a login has that must not be shown.
_CREDENTIALS = ("token", "secret_id", "jwt", "password")


def check(
    answer: exchange.Answer,
    request: exchange.Request,
    options: vault_options.VaultOptions,
    *,
    dead: bool = False,
) -> dict[str, t.Any]:
    """Return the JSON object of an answer that means success.

    :param answer: what Vault answered.
    :param request: what was asked, for the message.
    :param options: the connection.
    :param dead: the answer says that our token is none.
    :raises VaultUnreachableError: Vault is sealed, on standby or not set up.
    :raises SourceUnreachableError: Vault failed in a way that may pass.
    :raises LoginError: our token is none.
    :raises WrongAddressError: Vault does not know the namespace.
    :raises SourceError: our token may not be used often enough.
    :raises RefusedError: Vault answered with any other error.
    """
    status, url = answer.status, answer.url
    if status < _FIRST_ERROR_STATUS:
        return answer.body
    errors = server_errors(answer, options, request)
    said = f": {'; '.join(errors)}" if errors else ""
    if status in (_NOT_INITIALIZED, _UNAVAILABLE) or _has_no_leader(errors):
        raise _unavailable(url, status, errors, said)
    if status in retries.RETRIED_STATUSES:
        raise common_errors.SourceUnreachableError(
            f"Vault at {url} failed with {status} at {request}{said}.",
            "Try again later; the log of Vault tells more.",
        )
    if dead and options.auth_method == "none":
        raise vault_errors.LoginError(
            f"Vault at {url} wants a token ({status} at {request}{said}).",
            "With vault_auth_method none, vault_url has to be a Vault agent or proxy that adds its"
            " own token; otherwise use another method.",
        )
    if dead:
        raise vault_errors.LoginError(
            f"Vault at {url} does not accept the token (403 at {request}{said}).",
            "The token has expired, was revoked, was used as often as it may be (num_uses), or"
            " belongs to another Vault or namespace: check vault_token and vault_namespace, or use"
            " another vault_auth_method.",
        )
    if any(_ONE_USE_LEFT in text for text in errors):
        raise common_errors.SourceError(
            f"Vault at {url} gives nothing that has a lease to a token with one use left"
            f" ({status} at {request}).",
            "Set token_num_uses of the role that is logged in with to 0, which is no limit, or to"
            " at least 3: one request for the lease, one to let the token live as long as the"
            " lease, and one that is left, since the lease ends with the last. Of vault_token,"
            " use one without a limit.",
        )
    if any("namespace not found" in text for text in errors):
        raise vault_errors.WrongAddressError(
            f"Vault at {url} has no namespace {options.namespace}.",
            "Check vault_namespace.",
        )
    message = f"Vault at {url} answered {status} to {request}{said}."
    raise vault_errors.RefusedError(message, status=status, errors=errors, body=answer.body)


def means_dead_token(answer: exchange.Answer) -> bool:
    """Whether a 403 says that the token is none, rather than that it lacks a policy.

    Vault and OpenBao answer a token they do not know with a bare "permission denied" (newer Vault
    adds "invalid token"), and one that lacks a policy with a list, "1 error occurred: …"
    (``checkToken`` and ``handleRequest`` in vault/request_handling.go of both).
    """
    if answer.status != _FORBIDDEN:
        return False
    errors = answer.body.get("errors")
    texts = [str(text) for text in errors] if isinstance(errors, list) else []
    return texts == ["permission denied"] or any(
        known in text for text in texts for known in ("invalid token", "bad token")
    )


def server_errors(
    answer: exchange.Answer, options: vault_options.VaultOptions, request: exchange.Request
) -> tuple[str, ...]:
    """Return what Vault says is wrong, each on one line and without our credentials."""
    errors = answer.body.get("errors")
    texts = errors if isinstance(errors, list) else []
    hidden = [*_credentials(options), *_credentials_sent(request)] if texts else []
    return tuple(_clean(str(text), hidden) for text in texts)


def _credentials(options: vault_options.VaultOptions) -> t.Iterator[str]:
    for value in vars(options).values():
        if isinstance(value, secret_value.SecretValue):
            yield value.reveal().decode(errors="replace")


def _credentials_sent(request: exchange.Request) -> t.Iterator[str]:
    """Give those that no option holds: what was unwrapped, or read from a file."""
    body = request.json if isinstance(request.json, dict) else {}
    for name in _CREDENTIALS:
        if isinstance(body.get(name), str):
            yield body[name]


def _clean(text: str, hidden: t.Iterable[str]) -> str:
    for credential in hidden:
        if credential:
            text = text.replace(credential, "***")
    return " ".join(text.split()).rstrip(".")


def _has_no_leader(errors: tuple[str, ...]) -> bool:
    """Whether a standby cannot serve, since no node of its cluster is active; the status is 500."""
    return any("active cluster node not found" in text for text in errors)


def _unavailable(
    url: str, status: int, errors: tuple[str, ...], said: str
) -> vault_errors.VaultUnreachableError:
    if any("sealed" in text for text in errors):
        return vault_errors.VaultUnreachableError(
            f"Vault at {url} is sealed.", "Unseal it, then run this again."
        )
    if status == _NOT_INITIALIZED or any("not initialized" in text for text in errors):
        return vault_errors.VaultUnreachableError(
            f"Vault at {url} is not initialised.", "Initialise and unseal it."
        )
    return vault_errors.VaultUnreachableError(
        f"Vault at {url} is not available ({status}{said}).",
        "Check that its cluster has an active node.",
    )
