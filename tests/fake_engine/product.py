# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fake needs of the product, imported in one place."""

from __future__ import annotations

from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    DockerError,
    InputError,
    OutOfSequenceError,
    SourceError,
    SourceUnreachableError,
    SwarmVaultError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.rotate import rotate
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.diagnosis.connections import (
    connection_error,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.diagnosis.refusals import (
    answer_error,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import (
    DockerOptions,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
    RetryingTransport,
    Transport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.validity import Validity

__all__ = [
    "DockerError",
    "DockerOptions",
    "InputError",
    "Options",
    "OutOfSequenceError",
    "Report",
    "RetryingTransport",
    "SecretRequest",
    "SecretValue",
    "SourceError",
    "SourceUnreachableError",
    "SourceValue",
    "SourceVersion",
    "SwarmClient",
    "SwarmVaultError",
    "Transport",
    "Validity",
    "VaultSource",
    "answer_error",
    "connection_error",
    "rotate",
]
