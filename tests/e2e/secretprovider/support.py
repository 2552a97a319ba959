# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the Docker plugin against a real OpenBao share."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t
from pathlib import Path

from swarmvault_core._vault.settings import resolve
from swarmvault_secretprovider.protocol import SecretRequest
from swarmvault_secretprovider.settings import Connection, Settings

if t.TYPE_CHECKING:
    from swarmvault_core._vault.options import VaultOptions
    from swarmvault_secretprovider.provider import Provider

    from testbed import OpenBao

Open = t.Callable[..., "Provider"]

CANARY = "canary-5e1d"
"""Stands in everything that must never be shown."""
OLD = "dk.almbrand.docker.plugin.secretprovider.vault."

_numbers = itertools.count(1)


class Lines(list[str]):
    """A log that is kept."""

    def info(self, event: str, **known: t.Any) -> None:
        self.append(f"info {event} {known}")

    def warning(self, event: str, **known: t.Any) -> None:
        self.append(f"warning {event} {known}")

    def about(self, text: str) -> list[str]:
        return [line for line in self if text in line]


@dataclasses.dataclass
class Credentials:
    """What a plugin logs in with, which may be replaced while it runs."""

    bao: OpenBao
    token: str = dataclasses.field(repr=False)
    url: str = ""
    read: int = 0

    def options(self) -> VaultOptions:
        self.read += 1
        given = {
            "vault_url": self.url or self.bao.url,
            "vault_ca_cert": str(self.bao.ca_cert),
            "vault_token": self.token,
        }
        return resolve(given, {}, Path("/nonexistent"))


def settings_for(
    bao: OpenBao,
    credentials: t.Any = None,
    connections: t.Mapping[str, t.Any] | None = None,
    plugin: t.Mapping[str, t.Any] | None = None,
    **connection: t.Any,
) -> Settings:
    """Return settings to reach the server as root, unless told otherwise.

    :param connection: settings of the default connection.
    :param connections: further connections: what gives their options.
    :param plugin: settings of the whole plugin.
    """
    source = credentials or Credentials(bao, bao.root_token)
    known = {"default": Connection("default", "secret", source.options, **connection)}
    for name, other in (connections or {}).items():
        known[name] = Connection(name, "secret", other.options)
    return Settings(known, **{"cache_seconds": 600.0, **(plugin or {})})


def request(
    secret: str = "shop_db",
    service: str = "shop_api",
    stack: str = "shop",
    task: str = "",
    labels: t.Mapping[str, str] | None = None,
    **plain: str,
) -> SecretRequest:
    """Return what the engine asks when a task starts.

    :param labels: labels of the secret, beside those given by name.
    """
    number = next(_numbers)
    return SecretRequest(
        secret_name=secret,
        secret_labels={**plain, **(labels or {})},
        service_name=service,
        service_labels={"com.docker.stack.namespace": stack} if stack else {},
        task_id=f"task{number}",
        task_name=task or f"{service}.1.task{number}",
    )


def old(**words: str) -> dict[str, str]:
    """Return labels of the older plugin."""
    return {OLD + word: text for word, text in words.items()}


def value(provider: Provider, **asked: t.Any) -> bytes:
    """Return the bytes that a task gets."""
    return provider.get_secret(request(**asked)).value.reveal()


def plugin_token(
    bao: OpenBao, name: str, *allowed: str, role: t.Mapping[str, t.Any] | None = None
) -> str:
    """Make a token for the plugin that may make orphans for tasks through a role; return it.

    :param name: of the role.
    :param allowed: policies that the role hands out.
    """
    bao.policy(f"plugin-{name}", f'path "auth/token/create/{name}" {{ capabilities = ["update"] }}')
    body = {"orphan": True, "allowed_policies": list(allowed), **(role or {})}
    bao.client().write_data(f"auth/token/roles/{name}", data=body)
    return bao.token([f"plugin-{name}"])
