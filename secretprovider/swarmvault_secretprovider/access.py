# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which service may have which value: data only, no I/O.

What is never a source, such as ``auth/``, no ``VaultSource`` can name
(:mod:`swarmvault_core._vault.forbidden_paths`). Beyond that there are ``VAULT_ALLOWED_PATHS``, and
the policies of a token made for the task (``VAULT_TASK_POLICIES``).
"""

from __future__ import annotations

import re
import typing as t

from swarmvault_core._common.errors import InputError
from swarmvault_core._vault import path_patterns

from . import templates

if t.TYPE_CHECKING:
    from swarmvault_core._vault.source import VaultSource

    from .protocol import SecretRequest
    from .settings import Connection

ALLOWED_PATHS = "VAULT_ALLOWED_PATHS"
TASK_POLICIES = "VAULT_TASK_POLICIES"
#: The policy of a token for a task, where the setting names none.
_USUAL_POLICIES = ("{service}",)
# What a name may have that comes from a task. Vault trims names and does not tell capitals apart
# (SanitizePolicies in sdk/helper/policyutil), so that " Root" would be "root".
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_NEVER = "root"


class RefusedPathError(InputError):
    """A service may not have what a secret's labels ask for."""


@t.final
class Access:
    """What the settings of one Vault let tasks have.

    :param connection: the settings.
    :raises InputError: patterns or policies cannot mean what they say; names each.
    """

    def __init__(self, connection: Connection) -> None:
        self._patterns = connection.allowed_paths
        self._policies = connection.task_policies
        problems = [
            *_pattern_problems(connection.allowed_paths),
            *_policy_problems(connection.task_policies),
        ]
        if problems:
            raise InputError(f"{'; '.join(problems)}.", "Correct the settings of the plugin.")

    def check(self, source: VaultSource, request: SecretRequest) -> None:
        """Make sure that a service may have a source.

        :param source: one whose path was checked, so that it has one spelling.
        :raises RefusedPathError: it may not.
        """
        if self._patterns is None:
            return
        patterns = [_pattern(one, request) for one in self._patterns]
        if path_patterns.is_listed(source, [one for one in patterns if one is not None]):
            return
        useless = {
            word
            for setting, pattern in zip(self._patterns, patterns)
            if pattern is None
            for word in templates.words_in(setting)
        }
        nothing = f" (this service gives nothing for {', '.join(sorted(useless))})"
        raise RefusedPathError(
            f"Secret {request.secret_name}: {ALLOWED_PATHS} does not let service"
            f" {request.service_name or '(unnamed)'} of {_stack(request)} have"
            f" {source.location}{nothing if useless else ''}.",
            f"Name a path that is listed ({', '.join(self._patterns)}), or list this one.",
        )

    def policies(self, request: SecretRequest, *, always: bool) -> tuple[str, ...] | None:
        """Return the policies of a token that is made for a task.

        :param always: one is made whatever the settings say.
        :returns: None: a task is served with the plugin's own token.
        :raises RefusedPathError: a name that the service gives is not one of a policy.
        """
        if self._policies is None and not always:
            return None
        settings = self._policies or _USUAL_POLICIES
        return tuple(dict.fromkeys(_policy(one, request) for one in settings))


def _pattern_problems(patterns: t.Iterable[str] | None) -> t.Iterator[str]:
    for pattern in patterns or ():
        wrong = templates.problem(pattern)
        # A word may hold a slash, in the name of a label.
        shape = re.sub(r"\{[^{}]*\}", "x", pattern)
        wrong = wrong or path_patterns.pattern_problem(shape)
        if wrong:
            yield f"{ALLOWED_PATHS} {pattern!r} {wrong}"


def _policy_problems(policies: t.Iterable[str] | None) -> t.Iterator[str]:
    if policies is not None and not policies:
        yield f"{TASK_POLICIES} names no policy"
    for policy in policies or ():
        wrong = templates.problem(policy)
        if not wrong and policy.strip().lower() == _NEVER:
            wrong = "is never given to a task"
        if wrong:
            yield f"{TASK_POLICIES} {policy!r} {wrong}"


def _pattern(setting: str, request: SecretRequest) -> path_patterns.Pattern | None:
    """Return a pattern with what a task says in it; None: it covers nothing.

    What a task says is a piece of one part of a path: it has no slash, and ``*`` in it is a star.
    """
    parts: list[path_patterns.Part] = [()]
    for piece in templates.filled_in(setting.strip("/"), request):
        if piece.given:
            if not piece.text or "/" in piece.text:
                return None
            parts[-1] = (*parts[-1], *path_patterns.literally(piece.text))
            continue
        first, *others = piece.text.split("/")
        parts[-1] = (*parts[-1], *path_patterns.parse_part(first))
        parts += [path_patterns.parse_part(other) for other in others]
    return tuple(parts)


def _policy(setting: str, request: SecretRequest) -> str:
    """Return the name of a policy with what a task says in it.

    :raises RefusedPathError: that makes no name, or one that is never given.
    """
    pieces = templates.filled_in(setting, request)
    name = "".join(piece.text for piece in pieces)
    wrong = [piece.text for piece in pieces if piece.given and not _NAME.fullmatch(piece.text)]
    if wrong:
        said = f"gives {wrong[0]!r} for" if wrong[0] else "gives nothing for"
        raise RefusedPathError(
            f"Secret {request.secret_name}: service {request.service_name or '(unnamed)'} of"
            f" {_stack(request)} {said} a word in {TASK_POLICIES} ({setting}), which makes no name"
            f" of a policy.",
            "Give it one of letters, digits, '.', '_' and '-', or change the setting.",
        )
    if name.strip().lower() == _NEVER:
        raise RefusedPathError(
            f"Secret {request.secret_name}: {TASK_POLICIES} ({setting}) makes the policy root of"
            f" service {request.service_name}, which is never given to a task.",
            "Give the service another name, or put something in front of it in the setting.",
        )
    return name


def _stack(request: SecretRequest) -> str:
    return f"stack {request.stack}" if request.stack else "no stack"
