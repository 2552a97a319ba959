# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of failure that the adapter itself tells apart; to all others they are SourceErrors."""

from __future__ import annotations

from .._common import errors as common_errors


class MissingSettingError(common_errors.InputError):
    """What the connection or the login cannot do without was found nowhere.

    :param option: the option for it, without its prefix ``vault_``.
    """

    def __init__(self, message: str, remedy: str = "", *, option: str) -> None:
        super().__init__(message, remedy)
        self.option = option


class VaultUnreachableError(common_errors.SourceUnreachableError):
    """Vault itself cannot serve anybody now: asking for something else would fail as well.

    :param permanent: there is no use in trying again within one request.
    """

    def __init__(self, message: str, remedy: str = "", *, permanent: bool = False) -> None:
        super().__init__(message, remedy)
        self.permanent = permanent


class NoAnswerError(common_errors.SourceUnreachableError):
    """A request was sent and not answered in time: what it was about may hang, or all of Vault."""


class LostAnswerError(common_errors.SourceUnreachableError):
    """A request was sent, its answer was lost, and to send it again could do harm."""


class LoginError(common_errors.SourceError):
    """Vault does not accept who we are: asking for something else would fail as well."""


class WrongAddressError(common_errors.SourceError):
    """What answers is not Vault, or not our namespace: everything else would fail as well."""


class RefusedError(common_errors.SourceError):
    """Vault answered one request with an error that the caller can say more about.

    :param message: says what Vault answered, for callers that know no better.
    :param status: HTTP status.
    :param errors: what Vault says, free of our credentials.
    :param body: the whole answer; a deleted version of KV v2 tells about itself in there.
    """

    def __init__(
        self, message: str, *, status: int, errors: tuple[str, ...], body: dict[str, object]
    ) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors
        self.body = body
