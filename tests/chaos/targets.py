# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold whatever the plugin is asked; each target takes bytes, and raises where it does not.

Plain Python: ``make chaos`` has atheris make the bytes up, ``make test`` takes those in ``corpus``.
"""

from __future__ import annotations

import json
import posixpath
import re
import typing as t
from urllib.parse import unquote

from swarmvault_core._common.errors import SwarmVaultError
from swarmvault_core._vault.engines.location import locate
from swarmvault_core._vault.options import VaultOptions
from swarmvault_secretprovider import protocol
from swarmvault_secretprovider.access import Access
from swarmvault_secretprovider.labels import wanted_by
from swarmvault_secretprovider.protocol import SecretRequest
from swarmvault_secretprovider.settings import LABEL_FAMILIES, Connection

if t.TYPE_CHECKING:
    from swarmvault_core._vault.source import VaultSource
    from swarmvault_secretprovider.wanted import Wanted

STACK_LABEL = "com.docker.stack.namespace"
RESERVED = {"auth", "sys", "identity", "cubbyhole"}
POLICY = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
#: How long what the engine is told may be, in characters.
LONGEST_ERROR = 4096
#: Patterns that bound a service to what is its own, with what tells that.
OWN = {
    "secret/{stack}/*": lambda request: request.stack,
    "secret/{service}/*": lambda request: request.service_name,
    "secret/{label:team}/*": lambda request: request.service_labels.get("team", ""),
}
#: What key/value version 2 puts between mount and path.
KV2_PARTS = {"data", "metadata", "subkeys"}
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class BrokenError(AssertionError):
    """A promise does not hold."""


def request(data: bytes) -> None:
    """What is posted is a request or a clean refusal, and a request is followed or refused."""
    asked = _or_error(lambda: SecretRequest.parse(data))
    if asked is None:
        return
    texts = [getattr(asked, name) for name in protocol._TEXTS.values()]
    for labels in (asked.secret_labels, asked.service_labels):
        texts += [*labels.keys(), *labels.values()]
    for text in (*texts, asked.stack):
        text.encode("utf-8")
    _follow(asked, None, None)


def labels(data: bytes) -> None:
    """Whatever names and labels are, they lead to nothing that is not the service's own.

    The bytes are lines: ``secret NAME``, ``service NAME``, ``stack NAME``, ``label NAME=VALUE`` of
    the secret, ``task NAME=VALUE`` of the service, ``allow PATTERN``, ``policy TEMPLATE``.
    """
    told: dict[str, list[str]] = {}
    for line in data.decode("utf-8", "replace").split("\n"):
        kind, _blank, text = line.partition(" ")
        told.setdefault(kind, []).append(_unescaped(text))
    stack = {STACK_LABEL: told["stack"][-1]} if "stack" in told else {}
    asked = SecretRequest(
        secret_name=told.get("secret", ["shop_db"])[-1],
        secret_labels=_pairs(told.get("label", [])),
        service_name=told.get("service", [""])[-1],
        service_labels={**stack, **_pairs(told.get("task", []))},
    )
    patterns, policies = told.get("allow"), told.get("policy")
    _follow(asked, patterns and tuple(patterns), policies and tuple(policies))


TARGETS: dict[str, t.Callable[[bytes], None]] = {"request": request, "labels": labels}


def _unescaped(text: str) -> str:
    """Let a line hold what would end it, as ``\\u000a``; a half of a pair is not in any request."""
    found = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return found.encode("utf-8", "replace").decode("utf-8")


def _pairs(lines: t.Iterable[str]) -> dict[str, str]:
    return {name: text for name, _equals, text in (line.partition("=") for line in lines)}


def _follow(
    asked: SecretRequest, patterns: tuple[str, ...] | None, policies: tuple[str, ...] | None
) -> None:
    """Do what the plugin does before it asks Vault."""
    for family in LABEL_FAMILIES:
        _follow_family(asked, _connection(patterns, policies), family)


def _follow_family(asked: SecretRequest, fuzzed: Connection, family: str) -> None:
    """Do it, where secrets without labels are read by the habits of one family."""
    connections = {"default": fuzzed, "eu": _connection(None, None)}
    found = _or_error(lambda: wanted_by(asked, connections, family))
    if found is None:
        return
    wanted = found[0]
    if wanted.source is not None:
        _check_never_reserved(wanted.source)
        _check_own(wanted.source, asked)
    access = _or_error(lambda: Access(fuzzed))
    if access is not None:
        _check_access(access, wanted, asked)


def _connection(patterns: tuple[str, ...] | None, policies: tuple[str, ...] | None) -> Connection:
    return Connection(
        "default",
        "secret",
        lambda: VaultOptions("https://vault.example.org"),
        allowed_paths=patterns,
        task_policies=policies,
    )


def _check_access(access: Access, wanted: Wanted, asked: SecretRequest) -> None:
    source = wanted.source
    if source is not None:
        _or_error(lambda: access.check(source, asked))
    names = _or_error(lambda: access.policies(asked, always=True))
    for name in names or ():
        if name.strip().casefold() == "root":
            raise BrokenError(f"a task is given the policy {name!r}")
        # What the setting itself says is up to who wrote it.
        if access._policies is None and not POLICY.fullmatch(name):
            raise BrokenError(f"{name!r} is no name of a policy")


def _check_never_reserved(source: VaultSource) -> None:
    for parts in _readings(source):
        if parts[0].casefold() in RESERVED:
            raise BrokenError(f"{source} is read at {'/'.join(parts)!r}")


def _check_own(source: VaultSource, asked: SecretRequest) -> None:
    """Make sure that a pattern with a word in it opens only what the word stands for."""
    for pattern, tell in OWN.items():
        owner = tell(asked)
        bound = Access(_connection((pattern,), None))
        try:
            bound.check(source, asked)
        except SwarmVaultError as error:
            _check_error(error)
            continue
        for parts in _readings(source):
            # Whatever is mounted there: a path of version 1, and where it can be one of version 2.
            views = [parts[1:]] if source.engine != "kv2" else []
            if len(parts) > 1 and parts[1] in KV2_PARTS:
                views.append(parts[2:])
            if parts[0] != "secret" or not all(_is_below(owner, view) for view in views):
                raise BrokenError(f"{pattern} gives {owner!r} {source}, read at {parts}")


def _is_below(owner: str, parts: t.Sequence[str]) -> bool:
    return bool(owner) and len(parts) > 1 and parts[0] == owner


def _readings(source: VaultSource) -> t.Iterator[list[str]]:
    """Give the parts of the path that Vault is asked for, as readers on the way may take it."""
    place = locate(source)
    path = f"{place.mount}/data/{place.path}" if place.engine == "kv2" else str(place)
    for _reader in range(4):
        clean = posixpath.normpath("/" + path.replace("\\", "/")).strip("/")
        yield clean.split("/")
        path = unquote(path)


_Result = t.TypeVar("_Result")


def _or_error(do: t.Callable[[], _Result]) -> _Result | None:
    """Do it; None where it ends in an error that can be shown to who asked."""
    try:
        return do()
    except SwarmVaultError as error:
        _check_error(error)
        return None


def _check_error(error: SwarmVaultError) -> None:
    if not error.message:
        raise BrokenError(f"{error!r} says nothing")
    rendered = json.loads(protocol.rendered_error(error))
    if rendered.keys() != {"Err"}:
        raise BrokenError(f"{rendered!r} is no error of the protocol")
    if len(rendered["Err"]) > LONGEST_ERROR:
        raise BrokenError(f"an error of {len(rendered['Err'])} characters: {error!s:.200}...")
