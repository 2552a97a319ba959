# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens that are made for one task, so that Vault decides what it may have and logs who had it.

With a token Vault ends all that was made with it: its children and its leases
(https://openbao.org/docs/concepts/tokens/#token-hierarchies-and-orphan-tokens). So nothing that a
task goes on using hangs on the plugin's own token:

* To read what lasts there is a *batch* token, of which Vault stores nothing.
* Leased credentials hang on an orphan that lives as long as they do.
* A token that a task is to have is an orphan too.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from swarmvault_core._common.errors import SourceError, SwarmVaultError
from swarmvault_core._vault.auth.base import Token, from_login_answer
from swarmvault_core._vault.engines.diagnosis import FORBIDDEN
from swarmvault_core._vault.errors import RefusedError

if t.TYPE_CHECKING:
    from swarmvault_core._vault.client import VaultClient

    from .protocol import SecretRequest

TOKEN_ROLE = "VAULT_TOKEN_ROLE"  # noqa: S105  # the name of a setting
# For one read, whose time is shorter than the engine's 30 s.
_READING_TTL = "2m"
# Until the lease is known, which it is then renewed for.
_LEASE_TTL = "1h"
#: What the older plugin gives a token for a task.
_HANDED_TTL = "1h"


@dataclass(frozen=True)
class Maker:
    """Makes tokens for one task.

    :param client: with the plugin's own token.
    :param role: through which role; None: through none.
    :param policies: what the tokens may do.
    :param request: what they are for, which Vault's audit log tells with each use of them.
    """

    client: VaultClient
    role: str | None
    policies: tuple[str, ...]
    request: SecretRequest

    @contextlib.contextmanager
    def reading(self) -> t.Iterator[None]:
        """Let requests of this thread show a new token for what lasts, while this is open.

        :raises SourceError: Vault does not make it.
        """
        body = {**self._body(), "type": "batch", "ttl": _READING_TTL}
        # Twice does no harm: of a batch token nothing is left.
        answer = self._made(self.client.repeatable, self._path("create"), body)
        try:
            with self.client.lending(from_login_answer(answer)):
                yield
        finally:
            self._give_back(answer)  # a role may make others than were asked for

    def for_leases(self) -> Token:
        """Make a token to read what is leased, which can live as long as that.

        :raises SourceError: Vault does not make it, or it would end with the plugin's own.
        """
        body = {**self._body(), "type": "service", "ttl": _LEASE_TTL, "renewable": True}
        answer = self._made(self.client, self._path("create-orphan"), body)
        self._check_orphan(answer)
        return from_login_answer(answer)

    def to_hand_over(self, wrap: int | None) -> dict[str, t.Any]:
        """Make a token for the task itself, and return what Vault answers.

        :param wrap: for how many seconds it is wrapped; None: it is not.
        :raises SourceError: Vault does not make it, or it would end with the plugin's own.
        """
        body = {**self._body(), "type": "service"}
        if self.role is None:
            body["ttl"] = _HANDED_TTL  # a role says itself how long its tokens live
        if wrap is None:
            answer = self._made(self.client, self._path("create-orphan"), body)
            self._check_orphan(answer)
            return answer
        if self.role is not None:
            self._check_role()
        return self._made(self.client, self._path("create-orphan"), body, wrap)

    def _path(self, without_role: str) -> str:
        name = f"create/{self.role}" if self.role is not None else without_role
        return f"auth/token/{name}"

    def _body(self) -> dict[str, t.Any]:
        request = self.request
        told = {
            "service": request.service_name,
            "stack": request.stack,
            "task": request.task_name or request.task_id,
            "secret": request.secret_name,
            "node": request.node_id,
        }
        return {
            "policies": list(self.policies),
            "display_name": request.service_name or request.secret_name,
            "meta": {name: text for name, text in told.items() if text},
        }

    def _made(
        self, client: t.Any, path: str, body: dict[str, t.Any], wrap: int | None = None
    ) -> dict[str, t.Any]:
        try:
            answer = client.write_data(
                quote(path), data=body, wrap_ttl=None if wrap is None else f"{wrap}s"
            )
        except RefusedError as error:
            raise self._refused(error, path) from None
        return t.cast("dict[str, t.Any]", answer)

    def _check_role(self) -> None:
        """Find out by another token whether those of the role are orphans."""
        body = {**self._body(), "type": "batch", "ttl": _READING_TTL}
        answer = self._made(self.client.repeatable, self._path("create"), body)
        self._check_orphan(answer)
        self._give_back(answer)

    def _give_back(self, answer: t.Mapping[str, t.Any]) -> None:
        token = from_login_answer(answer)
        if token.revocable:
            # It ends by itself as well.
            with contextlib.suppress(SwarmVaultError), self.client.lending(token):
                self.client.auth.token.revoke_self()

    def _check_orphan(self, answer: t.Mapping[str, t.Any]) -> None:
        if (answer.get("auth") or {}).get("orphan", True):
            return
        self._give_back(answer)
        raise SourceError(
            f"The role {self.role} of auth/token makes tokens that end with the plugin's own, and"
            f" with them what a task has.",
            f"Set orphan=true in the role: bao write auth/token/roles/{self.role} orphan=true.",
        )

    def _refused(self, error: RefusedError, path: str) -> SourceError:
        names = ", ".join(self.policies)
        deed = f"a token with the policies {names} for service {self.request.service_name}"
        if error.status == FORBIDDEN:
            rights = '"update", "sudo"' if path.endswith("create-orphan") else '"update"'
            instead = "" if self.role else f" Or make a role for such tokens, and set {TOKEN_ROLE}."
            return SourceError(
                f"Vault does not let the plugin's own token make {deed}.",
                f'Add to a policy of the plugin: path "{path}" {{ capabilities = [{rights}] }}'
                f"{instead}",
            )
        said = f": {'; '.join(error.errors)}" if error.errors else ""
        return SourceError(
            f"Vault makes no {deed[2:]} at {path} ({error.status}{said}).", self._remedy(said)
        )

    def _remedy(self, said: str) -> str:
        if "batch tokens cannot create" in said:
            return "Let the plugin log in to a service token: token_type of its role."
        if self.role is None or "subset of parent" in said:
            return (
                f"Make a role whose allowed_policies or allowed_policies_glob has them, with"
                f" orphan=true, and set {TOKEN_ROLE}: the plugin's own token hands out no policy"
                f" that it does not have itself."
            )
        return f"Add them to allowed_policies or allowed_policies_glob of auth/token/roles/{self.role}."
