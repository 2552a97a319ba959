# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables of the role ``secretprovider`` ask for, and what is wrong with them. No I/O.

A survey gives text, and empty text for a question that was not answered. Each problem is a
sentence with what to do; no value of a credential is in one.
"""

from __future__ import annotations

import difflib
import io
import re
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load

from ._schedule import request as schedule

Options = t.Mapping[str, t.Any]

PREFIX = "secretprovider_"
#: Mounts of the plugin that settings may name the source of.
MOUNTS = ("credentials.source", "docker.source")
#: What begins the names of settings that hold a credential, to refuse them.
_CONNECTIONS = ("VAULT_", "OPENBAO_")
_CREDENTIALS = {
    "TOKEN": "token",
    "SECRET_ID": "secret_id",
    "JWT": "jwt",
    "PASSWORD": "password",
}
_ROTATES = ("VAULT_ENABLE_ROTATION", "ENABLE_ROTATION")
_PATH = re.compile(r"[/~]|\.{1,2}/|.*\.tar$")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_INTERVAL = re.compile(r"[1-9][0-9]*[smhd]?")
_MAPPINGS = ("settings", "credentials", "secret_id_wrapped")
#: The user that the plugin becomes unless its settings say otherwise.
USER = 65532


def read(given: Options, specs: Options, declared: Options) -> dict[str, t.Any]:
    """Return ``wanted``, what is asked for without the prefix, and ``problems``.

    :param given: the variables by their names.
    :param specs: the role's argument specification.
    :param declared: the plugin's ``config.json``.
    """
    problems: list[str] = []
    variables = {
        name: spec.get("default") if given.get(name) in ("", None) else given[name]
        for name, spec in specs.items()
    }
    for part in _MAPPINGS:
        name = f"{PREFIX}{part}"
        variables[name] = _mapping(name, variables[name], problems)
    found = ArgumentSpecValidator(specs).validate(variables)
    problems += [f"{message}." for message in found.error_messages]
    wanted = {name[len(PREFIX) :]: value for name, value in found.validated_parameters.items()}
    if not problems:
        problems += _check(wanted, declared)
    if not problems:
        _complete(wanted)
    return {"wanted": wanted, "problems": problems}


def _mapping(name: str, value: t.Any, problems: list[str]) -> t.Any:
    """Read a mapping that may be text; a wrapped secret ID may be a text by itself."""
    if isinstance(value, str) and (not name.endswith("_wrapped") or value.lstrip()[:1] == "{"):
        try:
            # Before ansible-core 2.19, untrusted text is of a class that libyaml does not take.
            value = yaml_load(io.StringIO(value))
        except Exception:  # noqa: BLE001 - an error of a library that Ansible chooses
            value = None  # its message would show the text
    if name.endswith("_wrapped") and isinstance(value, str):
        return value
    if not isinstance(value, t.Mapping):
        problems.append(f"{name} must be a mapping, or YAML or JSON text of one.")
        return {}
    odd = [str(key) for key, one in value.items() if isinstance(one, (t.Mapping, list))]
    if odd:
        problems.append(f"{name} must have texts as values, which {', '.join(odd)} has not.")
        return {}
    return {str(key): _text(one) for key, one in value.items()}


def _text(value: t.Any) -> str:
    """Write a value as the plugin reads it: YAML makes booleans and numbers of some texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _check(wanted: Options, declared: Options) -> t.Iterator[str]:
    settings: dict[str, str] = wanted["settings"]
    yield from _check_settings(settings, declared)
    yield from _check_credentials(wanted)
    if wanted["source"] != "build" and wanted["base_image"]:
        yield (
            f"{PREFIX}base_image is for {PREFIX}source=build alone. Leave it out, or build the"
            f" plugin here."
        )
    itself = [name for name in _ROTATES if settings.get(name, "").lower() in ("true", "1", "yes")]
    if itself and wanted["rotation"] != "plugin":
        yield (
            f"{PREFIX}settings has {itself[0]}, but {PREFIX}rotation is {wanted['rotation']}."
            f" Leave the setting out, and set {PREFIX}rotation to plugin if the plugin is to rotate."
        )
    if not _INTERVAL.fullmatch(wanted["interval"]):
        yield (
            f"{PREFIX}interval is {wanted['interval']!r}, but must be a number with s, m, h or d,"
            f" such as 5m."
        )
    yield from schedule.problems(wanted)


def _check_settings(settings: t.Mapping[str, str], declared: Options) -> t.Iterator[str]:
    known = [one["name"] for one in declared["env"]] + list(MOUNTS)
    for name in settings:
        for prefix in _CONNECTIONS:
            file = _CREDENTIALS.get(name[len(prefix) :]) if name.startswith(prefix) else None
            if file:
                yield (
                    f"{PREFIX}settings has {name}, which everybody who may ask the engine could"
                    f" read. Put it into {PREFIX}credentials as {file}."
                )
        if name not in known:
            close = difflib.get_close_matches(name.upper(), known, 1)
            hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}."
            yield f"{PREFIX}settings has {name}, which the plugin does not know. {hint}"


def _check_credentials(wanted: Options) -> t.Iterator[str]:
    for name in wanted["credentials"]:
        if not _FILE_NAME.fullmatch(name):
            yield (
                f"{PREFIX}credentials has {name!r}, which is not a valid name of a file. Use"
                f" letters, digits and . _ - only, as in secret_id or ca.pem."
            )
    if wanted["secret_id_wrapped"] and "secret_id" in wanted["credentials"]:
        yield (
            f"{PREFIX}credentials has secret_id, and {PREFIX}secret_id_wrapped is set. Leave one of"
            f" them out."
        )
    source = wanted["settings"].get("credentials.source")
    if source and source != wanted["credentials_dir"] and has_credentials(wanted):
        yield (
            f"{PREFIX}settings has credentials.source, and {PREFIX}credentials are written to"
            f" {wanted['credentials_dir']}. Leave the setting out, or write the files yourself."
        )


def has_credentials(wanted: Options) -> bool:
    """Whether the role is to write files for the plugin."""
    return bool(wanted["credentials"] or wanted["secret_id_wrapped"])


def _complete(wanted: dict[str, t.Any]) -> None:
    """Add what follows from the variables."""
    settings = dict(wanted["settings"])
    if has_credentials(wanted):
        settings["credentials.source"] = wanted["credentials_dir"]
    if wanted["rotation"] == "plugin":
        settings.setdefault("docker.source", wanted["docker_socket"])
        settings["VAULT_ENABLE_ROTATION"] = "true"
        if not settings.get("ROTATION_INTERVAL"):
            settings.setdefault("VAULT_ROTATION_INTERVAL", wanted["interval"])
    wanted["settings"] = settings
    wanted["kind"] = kind_of(wanted["source"])
    wanted["needs_collection"] = wanted["kind"] == "build" or wanted["rotation"] == "timer"
    wanted["has_credentials"] = has_credentials(wanted)
    wanted["keeps_credentials"] = settings.get("credentials.source") == wanted["credentials_dir"]
    wanted["uid"] = int(settings.get("uid") or USER)
    wanted["gid"] = int(settings.get("gid") or settings.get("uid") or USER)
    wanted["vault"] = _connection(settings)
    if wanted["state"] == "present" and wanted["rotation"] == "timer":
        wanted["schedule"] = schedule.schedule(wanted)


def kind_of(source: str) -> str:
    """Tell what a source is: ``build``, ``archive`` or ``reference``."""
    if source == "build":
        return "build"
    return "archive" if _PATH.match(source) else "reference"


def _connection(settings: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Return how the plugin reaches Vault, named as the options of our modules."""

    def look(*suffixes: str) -> str | None:
        names = [prefix + suffix for suffix in suffixes for prefix in _CONNECTIONS]
        return next((settings[name] for name in names if settings.get(name)), None)

    addresses = (look("ADDR") or "").replace(",", " ").split()
    unchecked = (look("SKIP_VERIFY") or "").lower() in ("true", "1", "yes", "t")
    found = {
        "vault_url": addresses,
        "vault_namespace": look("NAMESPACE"),
        "vault_auth_mount": look("APPROLE_AUTH_PATH", "AUTH_MOUNT"),
        "vault_tls_server_name": look("TLS_SERVER_NAME"),
        "vault_proxies": look("PROXY_ADDR"),
        "vault_validate_certs": not unchecked,
    }
    return {name: value for name, value in found.items() if value is not None}
