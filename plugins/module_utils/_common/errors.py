# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every exception of the collection.

Each says what was being done, to what, and what went wrong; ``remedy`` says what to try. None
contains a secret value. An edge turns them into its own form in one place. Those that only Vault
knows are in ``_vault``, and below the one here that a caller catches::

    SwarmVaultError
      InputError                        what was asked for cannot be carried out
        MissingSettingError             a setting of the connection was found nowhere
        ForbiddenPathError              no label may ask for this path of Vault
        BrokenLabelError                the labels of a Swarm secret name no usable source
      DependencyError                   a Python library is missing or too old
      DockerError                       the engine refused, or could not be reached
        DockerNotFoundError             there is no such object
        NameTakenError                  there is an object of that name
        InUseError                      a service refers to the secret
        OutOfSequenceError              the object was changed since it was read
        RejectedElsewhereError          another run found the value to be bad
      SourceError                       a value cannot be had, and will not be by trying again
        SourceUnreachableError          it may be had later
          VaultUnreachableError         Vault serves nobody now
          NoAnswerError                 Vault did not answer in time
          LostAnswerError               the answer to what takes effect once was lost
        LoginError                      Vault does not accept who we are
        WrongAddressError               what answers is not Vault, or not this namespace
        RefusedError                    Vault refused one request
"""

from __future__ import annotations

import typing as t


class SwarmVaultError(Exception):
    """Base of all errors of the collection.

    :param message: what was being done, to which object, and what went wrong.
    :param remedy: what the user can try; a full sentence, or empty.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class InputError(SwarmVaultError):
    """What the user asked for cannot be carried out; nothing was changed."""


class DependencyError(SwarmVaultError):
    """A Python library that the managed host needs is missing or too old."""


class DockerError(SwarmVaultError):
    """The Docker Engine refused a request or could not be reached.

    :param status: HTTP status of the answer; None where there was no answer.
    :param transient: the same request may succeed later (connection lost, no leader, 5xx).
    """

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        status: int | None = None,
        transient: bool = False,
    ) -> None:
        super().__init__(message, remedy)
        self.status = status
        self.transient = transient


class DockerNotFoundError(DockerError):
    """There is no such object (404)."""


class NameTakenError(DockerError):
    """An object with that name exists already (409 on create)."""


class InUseError(DockerError):
    """The secret is still referenced by a service, so the engine keeps it."""


class OutOfSequenceError(DockerError):
    """The object's version index moved since it was read: re-read, re-apply, retry."""


class SourceError(SwarmVaultError):
    """A value cannot be had from its source, and trying again would not help."""


class SourceUnreachableError(SourceError):
    """Vault did not answer, is sealed, or failed with a passing error."""


def raise_problems(problems: t.Sequence[str]) -> None:
    """Raise one InputError that lists all problems, if there are any."""
    if problems:
        raise InputError(
            "Nothing was changed: " + "; ".join(problems) + ".", "Correct this and run again."
        )


def told_once(errors: t.Mapping[str, Exception]) -> str:
    """Return what went wrong with several things by name; one outage that meets many only once."""
    by_text: dict[str, list[str]] = {}
    for name, error in errors.items():
        by_text.setdefault(str(error), []).append(name)
    return " ".join(f"{', '.join(names)}: {text}" for text, names in by_text.items())
