# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests against a real OpenBao share."""

from __future__ import annotations

import threading
import traceback
import typing as t
from pathlib import Path

from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import resolve
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.exchange import (
        Answer,
        Request,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import (
        VaultOptions,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.reader import (
        VaultReader,
    )

    from testbed import OpenBao

CANARY = "canary-b81f"
"""Stands in everything that must never be shown."""


class Calls(list[str]):
    """A hook that writes down every request, such as ``GET secret/data/x``."""

    def __call__(self, request: Request, send: t.Callable[[], Answer]) -> Answer:
        self.append(str(request))
        return send()


def options_for(bao: OpenBao, **options: t.Any) -> VaultOptions:
    """Return options to reach the server as root, unless told otherwise, and nothing of ours."""
    given = {
        "vault_url": bao.url,
        "vault_ca_cert": str(bao.ca_cert),
        "vault_token": bao.root_token,
        **options,
    }
    return resolve(given, {}, Path("/nonexistent"))


def version_of(reader: VaultReader, source: VaultSource) -> SourceVersion:
    """Return the version of a source that can be had."""
    version = reader.versions([source])[source]
    if isinstance(version, Exception):
        raise version
    return version


def value_of(reader: VaultReader, source: VaultSource) -> bytes:
    """Return the bytes of a source that can be had."""
    value = reader.values({source: version_of(reader, source)})[source]
    if isinstance(value, Exception):
        raise value
    assert isinstance(value, SourceValue)
    return value.value.reveal()


def problem(reader: VaultReader, source: VaultSource) -> Exception:
    """Return why a source cannot be had, and make sure that nothing secret is in there."""
    result: object = reader.versions([source])[source]
    if isinstance(result, SourceVersion):
        result = reader.values({source: result})[source]
    assert isinstance(result, Exception), f"{source} can be had"
    assert CANARY not in everything_shown(result)
    return result


def everything_shown(error: BaseException) -> str:
    """Return all that a log could hold of an exception and those behind it."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


def renewals_running() -> list[threading.Thread]:
    """Return what looks after tokens at the moment."""
    return [thread for thread in threading.enumerate() if thread.name == "vault-token"]
