# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request of the engine to the bytes that a task gets, or an error that says why not."""

from __future__ import annotations

import typing as t
from functools import lru_cache

from swarmvault_core._common.errors import InputError, SourceError, SourceUnreachableError
from swarmvault_core._common.secret_value import SecretValue
from swarmvault_core._vault.errors import LoginError, RefusedError, VaultUnreachableError

from . import labels
from .access import Access
from .answer import Answer
from .cache import Cache
from .deadline import Deadline
from .fetching import Case, Fetcher
from .outages import Outages
from .protocol import SecretRequest

if t.TYPE_CHECKING:
    from swarmvault_core._common.errors import SwarmVaultError

    from .log_lines import Log
    from .settings import Settings
    from .wanted import Wanted

#: What a file without a value holds: the engine refuses to hand over nothing at all
#: (``ValidateSecretPayload`` in swarmkit's manager/dispatcher/assignments.go).
NOTHING = b"\n"
#: Of how many secrets it is remembered what a service without a name would get.
_REMEMBERED = 512


@t.final
class Provider:
    """Answers requests; safe to share among threads, and asks nothing of Vault before the first.

    :param settings: what the plugin was told.
    :param log: told of what is worth to be looked at.
    :raises InputError: settings cannot mean what they say.
    """

    def __init__(self, settings: Settings, log: Log) -> None:
        self._settings = settings
        self._access = {name: Access(one) for name, one in settings.connections.items()}
        self._fetchers = {
            name: Fetcher(one, settings, log) for name, one in settings.connections.items()
        }
        self._cache = Cache(settings.cache_seconds, settings.cache_bytes)
        self._outages = Outages()
        self._for_nobody = lru_cache(_REMEMBERED)(self._looked_up_for_nobody)

    def get_secret(self, request: SecretRequest) -> Answer:
        """Return what a task is to have, or raise within the deadline why it cannot have it.

        :raises SwarmVaultError: names the secret, where its value was to come from, and a remedy.
        """
        case = self._case(request)
        try:
            return self._from_vault(case)
        except SourceError as error:
            problem = error
        except InputError as error:  # of the credentials, which are read only now
            raise _about(case, error) from None
        answer = self._instead(case, problem)
        if answer is None:
            raise _about(case, problem) from None
        return answer

    def log_in(self, connection: str) -> None:
        """Log in to a Vault, so that the first task need not wait for it.

        :raises SwarmVaultError: the login is refused, or Vault cannot be asked.
        """
        self._fetchers[connection].log_in()

    def health(self) -> dict[str, str | None]:
        """Tell of each Vault why it could not be reached a moment ago; None: nothing is known."""
        return {
            name: str(error) if error else None
            for name in self._settings.connections
            for error in [self._outages.current(name)]
        }

    def close(self) -> None:
        """Forget all values, and give back the plugin's own tokens."""
        self._cache.clear()
        for fetcher in self._fetchers.values():
            fetcher.close()

    def _case(self, request: SecretRequest) -> Case:
        """Find out what is asked for, and whether the service may have it.

        :raises InputError: it cannot be told, or may not.
        """
        deadline = Deadline(self._settings.deadline)
        wanted, policies = self._looked_up(request)
        return Case(request, wanted, policies, deadline)

    def _looked_up(self, request: SecretRequest) -> tuple[Wanted, tuple[str, ...] | None]:
        wanted, connection = labels.wanted_by(
            request, self._settings.connections, self._settings.default_labels
        )
        access = self._access[connection.name]
        if wanted.source is not None:
            access.check(wanted.source, request)
        always = wanted.task_token or wanted.source is None
        return wanted, access.policies(request, always=always)

    def _looked_up_for_nobody(
        self, name: str, secret_labels: tuple[tuple[str, str], ...]
    ) -> tuple[Wanted, tuple[str, ...] | None]:
        return self._looked_up(SecretRequest(name, dict(secret_labels)))

    def _is_own(self, case: Case, *, made_for_task: bool) -> bool:
        """Tell whether what a task gets must not be shared with others on its node.

        What the engine may share it hands to every task there whose service names the secret, also
        to one that this plugin refuses it (``taskRestrictedSecretsProvider.Get`` in swarmkit's
        agent/secrets/secrets.go). So any service has to get the same, whatever it is called.
        """
        if case.wanted.reuse is not None:
            return not case.wanted.reuse
        if made_for_task:
            return True
        asked = case.request
        try:
            for_nobody = self._for_nobody(asked.secret_name, tuple(asked.secret_labels.items()))
        except InputError:
            return True
        return for_nobody != (case.wanted, case.policies)

    def _from_vault(self, case: Case) -> Answer:
        wanted = case.wanted
        away = self._outages.current(wanted.connection, case.place)
        if away is not None:
            raise away
        try:
            fetched = self._fetchers[wanted.connection].fetch(case)
        except SourceUnreachableError as error:
            # One path that hangs says nothing of the others.
            of_all = isinstance(error, VaultUnreachableError)
            self._outages.seen(wanted.connection if of_all else case.place, error)
            raise
        except SourceError as error:
            # Vault answered: it gives this no more.
            if not isinstance(error, LoginError):
                self._cache.drop(case.value)
            raise
        if wanted.lasts and wanted.wrap is None:
            self._cache.put(case.value, fetched.value)
        own = self._is_own(case, made_for_task=fetched.own)
        return Answer(fetched.value, do_not_reuse=own, path=wanted.path)

    def _instead(self, case: Case, problem: SourceError) -> Answer | None:
        """Return what a task gets without Vault; None: nothing."""
        wanted, reason = case.wanted, str(problem)
        if isinstance(problem, SourceUnreachableError) and wanted.wrap is None:
            cached = self._cache.get(case.value)
            if cached is not None:
                own = self._is_own(case, made_for_task=False)
                return Answer(cached.value, own, wanted.path, "cache", cached.age, reason)
        strict = wanted.fail_on_error
        if self._settings.fail_on_error if strict is None else strict:
            return None
        # Not to be shared: the next task may get the value.
        return Answer(SecretValue(NOTHING), True, wanted.path, "empty", reason=reason)  # noqa: FBT003  # a field


def _about(case: Case, error: SwarmVaultError) -> SwarmVaultError:
    """Return an error that names secret and path, of a kind that others tell apart."""
    kind: type[SwarmVaultError] = type(error)
    if isinstance(error, RefusedError):
        kind = SourceError
    elif isinstance(error, InputError):
        kind = InputError
    secret = f"Secret {case.wanted.secret} ({case.wanted.path})"
    return kind(f"{secret}: {error.message}", error.remedy)
