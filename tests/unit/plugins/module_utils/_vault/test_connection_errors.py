# SPDX-License-Identifier: GPL-3.0-or-later
"""What failures mean that only older releases of the HTTP libraries bring about."""

from __future__ import annotations

import ssl
import types

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection_errors import (
    explain,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    VaultUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.exchange import Request
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import VaultOptions
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.retries import Outcome
from urllib3.connection import CertificateError
from urllib3.exceptions import SSLError

# urllib3 1.x compares names itself; its error is none of the standard library's.
MISMATCH = "hostname 'v' doesn't match 'vault.example.org'"
CALL = types.SimpleNamespace(request=Request("GET", "secret/data/x"), seconds=30.0)


@pytest.mark.parametrize("kind", [CertificateError, ssl.SSLCertVerificationError])
def test_a_name_that_is_not_in_the_certificate(kind: type[Exception]) -> None:
    raised = SSLError(kind(MISMATCH))
    outcome, error = explain(raised, VaultOptions("https://v"), CALL, sent=False)
    assert outcome is Outcome.UNUSABLE
    assert isinstance(error, VaultUnreachableError)
    assert (
        error.message == "The certificate of Vault at https://v is not trusted: hostname mismatch."
    )
    assert "Use a name in vault_url" in error.remedy
    assert error.permanent
