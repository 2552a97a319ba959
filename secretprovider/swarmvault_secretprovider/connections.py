# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the connections to Vault out of settings and of the files in the credentials directory.

A file beats a setting of the same meaning: it can be replaced while the plugin runs, and ``docker
plugin inspect`` does not show it. Each directory in the credentials directory is one more Vault,
known by the directory's name: a file ``settings.json`` in it holds its settings, under the same
names, and the files beside it its credentials.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import typing as t
from pathlib import Path

from swarmvault_core._common import errors, secret_value
from swarmvault_core._common import settings as common_settings
from swarmvault_core._vault import errors as vault_errors
from swarmvault_core._vault import settings as vault_settings

from . import declared, templates
from .settings import DEFAULT_CONNECTION, Connection

if t.TYPE_CHECKING:
    from swarmvault_core._vault.options import VaultOptions

SETTINGS_FILE = "settings.json"
_PASSWORD = "password"  # noqa: S105  # the name of a file
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_PREFIXES = tuple(declared.CONNECTIONS)


class _Known(t.NamedTuple):
    """What a connection may be told.

    :param option: what the core calls it.
    :param suffix: what follows the prefix in the name of its setting.
    :param file: name of the file that beats the setting; empty: there is none.
    """

    option: str
    suffix: str
    file: str = ""


_TEXTS = (
    _Known("vault_url", "ADDR"),
    _Known("vault_namespace", "NAMESPACE"),
    _Known("vault_auth_method", "AUTH_METHOD"),
    _Known("vault_role_id", "ROLE_ID", "role_id"),
    _Known("vault_secret_id_wrapped", "SECRET_ID_WRAPPED"),
    _Known("vault_username", "USERNAME", "username"),
    _Known("vault_tls_server_name", "TLS_SERVER_NAME"),
    _Known("vault_proxies", "PROXY_ADDR"),
)
_SECRETS = (
    _Known("vault_token", "TOKEN", "token"),
    _Known("vault_secret_id", "SECRET_ID", "secret_id"),
    _Known("vault_jwt", "JWT", "jwt"),
    _Known("vault_password", "PASSWORD", _PASSWORD),
)
# What the core wants the path of.
_PATHS = (
    _Known("vault_ca_cert", "CACERT", "ca.pem"),
    _Known("vault_client_cert", "CLIENT_CERT", "client.pem"),
    _Known("vault_client_key", "CLIENT_KEY", "client.key"),
)
_ALL = (*_TEXTS, *_SECRETS, *_PATHS)
# What depends on the method: its own word for it is stronger.
_MOUNTS = {"approle": ("APPROLE_AUTH_PATH", "AUTH_MOUNT"), "jwt": ("JWT_AUTH_PATH", "AUTH_MOUNT")}
_ROLES = {"jwt": ("JWT_ROLE", "ROLE")}
_OPTION = re.compile(r"\bvault_[a-z0-9_]+\b")
_SUFFIXES: t.Mapping[str, str] = {
    **{known.option: known.suffix for known in _ALL},
    "vault_jwt_file": "JWT_FILE",
    "vault_auth_mount": "AUTH_MOUNT",
    "vault_role": "ROLE",
    "vault_validate_certs": "SKIP_VERIFY",
}
_FILES: t.Mapping[str, str] = {known.option: known.file for known in _ALL if known.file}


class Source:
    """Where the settings of one connection stand.

    :param settings: by their names; an empty one counts as not set.
    :param prefix: what their names begin with.
    :param directory: where its credential files are.
    :param deadline: seconds that a request to Vault may take.
    """

    def __init__(
        self, settings: t.Mapping[str, str], prefix: str, directory: Path, deadline: float
    ) -> None:
        self._settings = settings
        self.prefix = prefix
        self.directory = directory
        self._deadline = deadline

    def text(self, *suffixes: str) -> str | None:
        """Return the first of these settings that is set."""
        values = (self._settings.get(f"{self.prefix}_{suffix}") for suffix in suffixes)
        return next((value.strip() for value in values if value and value.strip()), None)

    def listed(self, suffix: str) -> tuple[str, ...] | None:
        """Return a setting that is a list with commas; one with commas only lists nothing."""
        text = self.text(suffix)
        if text is None:
            return None
        return tuple(part.strip() for part in text.split(",") if part.strip())

    def warnings(self) -> t.Iterator[str]:
        """Tell what is better done in another way."""
        if self.listed("ALLOWED_PATHS") is not None and self.listed("TASK_POLICIES") is None:
            yield (
                f"{self.prefix}_ALLOWED_PATHS does not bound what a task reads with a token of its"
                f" own, whose policy is called like the service. Say in {self.prefix}_TASK_POLICIES"
                f" which policies such tokens have."
            )
        for known in _SECRETS:
            name, file = f"{self.prefix}_{known.suffix}", self.directory / known.file
            if self.text(known.suffix) is None:
                continue
            if file.exists():
                yield f"{name} is set, but not used: the file {file} is."
            else:
                yield (
                    f"{name} is set, and 'docker plugin inspect' shows it to whoever may ask the"
                    f" engine. Put it into the file {file} instead."
                )

    def options(self) -> VaultOptions:
        """Return how to reach Vault and log in, reading the credential files anew.

        :raises MissingSettingError: a credential is not there, or cannot be read.
        :raises InputError: something else is missing, cannot be read, or contradicts itself.
        """
        options = self._found()
        try:
            found = vault_settings.resolve(options, {}, self.directory)
            return dataclasses.replace(found, timeout=self._deadline)
        except vault_errors.MissingSettingError as error:
            message, option = error.message, error.option
        except errors.InputError as error:
            raise errors.InputError(
                self._renamed(error.message), self._renamed(error.remedy)
            ) from None
        raise vault_errors.MissingSettingError(
            self._renamed(message), self._remedy_for(f"vault_{option}"), option=option
        )

    def _found(self) -> dict[str, t.Any]:
        found: dict[str, t.Any] = {known.option: self.text(known.suffix) for known in _ALL}
        for known in (*_TEXTS, *_SECRETS):
            content = self._read(known.file)
            if content is not None:
                found[known.option] = content if known in _SECRETS else _as_text(content)
        for known in _PATHS:
            if (self.directory / known.file).exists():
                found[known.option] = str(self.directory / known.file)
        method = found["vault_auth_method"] or ""
        found["vault_auth_mount"] = self.text(*_MOUNTS.get(method, ("AUTH_MOUNT",)))
        found["vault_role"] = self.text(*_ROLES.get(method, ("ROLE",)))
        if not isinstance(found["vault_jwt"], secret_value.SecretValue) and self.text("JWT_FILE"):
            # As sugar-org's plugin has it: its file is stronger than the token as a setting.
            found["vault_jwt"], found["vault_jwt_file"] = None, self.text("JWT_FILE")
        skipped = self.text("SKIP_VERIFY")
        if skipped is not None:
            origin = f"{self.prefix}_SKIP_VERIFY"
            found["vault_validate_certs"] = not common_settings.boolean(skipped, origin)
        return found

    def _read(self, name: str) -> secret_value.SecretValue | None:
        if not name:
            return None
        file = self.directory / name
        try:
            content = file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise vault_errors.MissingSettingError(
                f"The file {file} cannot be read: {error.strerror}.",
                f"Make it readable for the user {os.geteuid()} that the plugin runs as.",
                option=name,
            ) from None
        # A password may begin or end with a blank.
        content = content.rstrip(b"\r\n") if name == _PASSWORD else content.strip()
        return secret_value.SecretValue(content) if content else None

    def _renamed(self, text: str) -> str:
        """Replace the core's names of options by those of the settings here."""

        def name(found: re.Match[str]) -> str:
            suffix = _SUFFIXES.get(found[0])
            return f"{self.prefix}_{suffix}" if suffix else found[0]

        return _OPTION.sub(name, text)

    def _remedy_for(self, option: str) -> str:
        setting = f"{self.prefix}_{_SUFFIXES.get(option, option)}"
        if option in _FILES:
            return (
                f"Put it into the file {self.directory / _FILES[option]}, or set {setting}; or set"
                f" {self.prefix}_AUTH_METHOD to another way to log in."
            )
        return f"Set {setting}."


def connections(
    settings: t.Mapping[str, str], directory: Path, deadline: float
) -> tuple[dict[str, Connection], list[str]]:
    """Return every connection by its name, and what to warn of.

    :param settings: all settings by their names.
    :param directory: the credentials directory.
    :param deadline: seconds that a request to Vault may take.
    :raises InputError: a setting is wrong, or there is no connection at all.
    """
    sources = {
        **_from_settings(settings, directory, deadline),
        **_from_directories(settings, directory, deadline),
    }
    if not sources:
        raise errors.InputError(
            "The address of Vault is not known.",
            f"Set VAULT_ADDR or OPENBAO_ADDR, or describe a Vault in {directory}/NAME/"
            f"{SETTINGS_FILE}.",
        )
    warnings = [warning for source in sources.values() for warning in source.warnings()]
    return {name: _connection(name, source) for name, source in sources.items()}, warnings


def _connection(name: str, source: Source) -> Connection:
    return Connection(
        name=name,
        mount=(source.text("MOUNT_PATH") or declared.DEFAULT_MOUNT).strip("/"),
        options=source.options,
        allowed_paths=source.listed("ALLOWED_PATHS"),
        task_policies=source.listed("TASK_POLICIES"),
        token_role=source.text("TOKEN_ROLE"),
        default_path=_default_path(source),
    )


def _default_path(source: Source) -> str:
    setting = source.text("DEFAULT_PATH") or declared.DEFAULT_PATH
    wrong = templates.problem(setting)
    if wrong:
        raise errors.InputError(
            f"{source.prefix}_DEFAULT_PATH {setting!r} {wrong}.", "Correct the setting."
        )
    return setting


def _from_settings(
    settings: t.Mapping[str, str], directory: Path, deadline: float
) -> dict[str, Source]:
    """Return the default connection, and that of the other prefix where both have an address."""
    addressed = [prefix for prefix in _PREFIXES if settings.get(f"{prefix}_ADDR", "").strip()]
    chosen = (settings.get("SECRETS_PROVIDER") or "").strip().lower()
    if chosen and chosen.upper() not in _PREFIXES:
        raise errors.InputError(
            f"SECRETS_PROVIDER is {chosen!r}, but must be vault or openbao.",
            "This plugin reads from Vault and OpenBao only.",
        )
    if chosen and chosen.upper() not in addressed:
        raise errors.InputError(
            f"SECRETS_PROVIDER is {chosen}, but {chosen.upper()}_ADDR is not set.", "Set it."
        )
    default = chosen.upper() or next(iter(addressed), None)
    # The other one must not be shown the credentials of the default connection.
    return {
        DEFAULT_CONNECTION if prefix == default else prefix.lower(): Source(
            {**settings, **_bounds(settings, prefix)},
            prefix,
            directory if prefix == default else directory / prefix.lower(),
            deadline,
        )
        for prefix in addressed
    }


def _from_directories(
    settings: t.Mapping[str, str], directory: Path, deadline: float
) -> dict[str, Source]:
    try:
        below = sorted(path for path in directory.iterdir() if (path / SETTINGS_FILE).is_file())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise errors.InputError(
            f"The directory {directory} cannot be read: {error.strerror}.",
            f"Make it readable for the user {os.geteuid()} that the plugin runs as.",
        ) from None
    return {path.name: _from_directory(settings, path, deadline) for path in below}


def _from_directory(settings: t.Mapping[str, str], path: Path, deadline: float) -> Source:
    file = path / SETTINGS_FILE
    if not _NAME.fullmatch(path.name):
        raise errors.InputError(
            f"The directory {path} is not a valid name of a connection.",
            "Use letters, digits, dots, dashes and underscores.",
        )
    own = _settings_in(file)
    prefixes = {prefix for prefix in _PREFIXES if own.get(f"{prefix}_ADDR")}
    if len(prefixes) != 1:
        raise errors.InputError(
            f"{file} must have either VAULT_ADDR or OPENBAO_ADDR.", "Add one of them."
        )
    prefix = prefixes.pop()
    said = {name: text for name, text in own.items() if text.strip()}
    return Source({**_bounds(settings, prefix), **said}, prefix, path, deadline)


def _bounds(settings: t.Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return what bounds the tasks of a Vault that says nothing of it: what bounds the others.

    It must not be open to all for that.
    """
    found = {}
    for suffix in ("ALLOWED_PATHS", "TASK_POLICIES"):
        names = [f"{one}_{suffix}" for one in sorted(_PREFIXES, key=lambda one: one != prefix)]
        texts = [settings[name] for name in names if settings.get(name, "").strip()]
        found.update({f"{prefix}_{suffix}": text for text in texts[:1]})
    return found


def _settings_in(file: Path) -> dict[str, str]:
    remedy = 'Write it as {"VAULT_ADDR": "https://vault.example.com:8200", …}.'
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise errors.InputError(
            f"The file {file} cannot be read: {error.strerror}.",
            f"Make it readable for the user {os.geteuid()} that the plugin runs as.",
        ) from None
    except (ValueError, RecursionError):
        raise errors.InputError(f"{file} is not valid JSON.", remedy) from None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise errors.InputError(f"{file} does not map settings to strings.", remedy)
    known = {setting.name for prefix in _PREFIXES for setting in declared.CONNECTIONS[prefix]}
    unknown = sorted(set(found) - known)
    if unknown:
        raise errors.InputError(
            f"{file} has settings that are not known there: {', '.join(unknown)}.",
            "Use those of a connection, such as VAULT_ADDR.",
        )
    return found


def _as_text(content: secret_value.SecretValue) -> str:
    return content.reveal().decode("utf-8", "replace")
