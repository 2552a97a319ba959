# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers mean that the server of the end-to-end tests cannot be brought to give."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.answers import (
    check,
    means_dead_token,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.exchange import (
    Answer,
    Request,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import VaultOptions

OPTIONS = VaultOptions(url="https://v", token=SecretValue(b"canary-55aa"))
REQUEST = Request("GET", "secret/data/x")


def judged(status: int, *texts: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        check(Answer(status, {"errors": list(texts)}, OPTIONS.url), REQUEST, OPTIONS)
    return caught.value


@pytest.mark.parametrize(
    ("status", "text", "kind", "message"),
    [
        (503, "Vault is sealed", errors.VaultUnreachableError, "https://v is sealed"),
        (503, "Vault is not initialized", errors.VaultUnreachableError, "is not initialised"),
        (501, "anything", errors.VaultUnreachableError, "is not initialised"),
        (503, "local node not active", errors.VaultUnreachableError, "local node not active"),
        (
            500,
            "local node not active but active cluster node not found",
            errors.VaultUnreachableError,
            "is not available (500: local node",
        ),
        (400, "bad", errors.RefusedError, "answered 400 to GET secret/data/x: bad"),
    ],
)
def test_kinds_of_errors(status: int, text: str, kind: type[SourceError], message: str) -> None:
    error = judged(status, text)
    assert error.__class__ is kind
    assert message in error.message


@pytest.mark.parametrize("status", [412, 429, 500, 502, 504])
def test_what_may_pass_concerns_one_path_only(status: int) -> None:
    error = judged(status, "later")
    assert type(error).__name__ == "SourceUnreachableError"
    assert f"{status} at GET secret/data/x: later" in error.message


def test_a_credential_that_vault_quotes_is_blanked() -> None:
    assert "canary" not in str(judged(400, "token canary-55aa is odd"))


@pytest.mark.parametrize(
    ("status", "body", "dead"),
    [
        (403, {"errors": ["permission denied"]}, True),
        # HashiCorp Vault since 1.16
        (
            403,
            {"errors": ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]},
            True,
        ),
        (403, {"errors": ["bad token"]}, True),
        (403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}, False),
        (403, {}, False),
        (400, {"errors": ["permission denied"]}, False),
    ],
)
def test_a_token_that_is_none_is_told_from_one_without_rights(
    status: int, body: dict[str, t.Any], *, dead: bool
) -> None:
    assert means_dead_token(Answer(status, body, OPTIONS.url)) is dead


def test_answers_and_requests_do_not_show_what_is_in_them() -> None:
    shown = repr(Answer(200, {"data": "canary"}, OPTIONS.url)) + repr(
        Request("POST", "p", json="canary")
    )
    assert "canary" not in shown
