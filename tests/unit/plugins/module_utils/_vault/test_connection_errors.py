# SPDX-License-Identifier: GPL-3.0-or-later
"""What failures mean that only older releases of the HTTP libraries bring about."""

from __future__ import annotations

import pytest
import requests
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection_errors import (
    explain,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.deadline import (
    Deadline,
    make_retry,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    VaultUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import (
    Retries,
    VaultOptions,
)
from urllib3 import HTTPSConnectionPool
from urllib3.connection import CertificateError
from urllib3.exceptions import MaxRetryError, SSLError

# urllib3 1.x compares names itself; its error is none of the standard library's.
MISMATCH = SSLError(CertificateError("hostname 'v' doesn't match 'vault.example.org'"))


def test_a_name_that_is_not_in_the_certificate() -> None:
    raised = requests.exceptions.SSLError(MaxRetryError(HTTPSConnectionPool("v"), "/", MISMATCH))
    error = explain(raised, VaultOptions("https://v"), 30)
    assert isinstance(error, VaultUnreachableError)
    assert (
        error.message == "The certificate of Vault at https://v is not trusted: hostname mismatch."
    )
    assert "Use a name in vault_url" in error.remedy
    assert error.permanent


def test_such_a_certificate_is_looked_at_once() -> None:
    deadline = Deadline()
    deadline.start(100)
    with pytest.raises(MaxRetryError):
        make_retry(Retries(3), deadline).increment("GET", "/", error=MISMATCH)
