# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns options, environment and token helper file into ``VaultOptions``.

Where nothing is given by option, names are looked up in this order: the environment variables of
community.hashi_vault, those of OpenBao, those of Vault, the token helper file.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._common import errors, secret_value, settings
from . import errors as vault_errors
from . import options as vault_options
from . import parse
from .auth import registry

# What community.hashi_vault calls a setting (its plugins/doc_fragments), and what the clients of
# OpenBao and Vault call it (https://openbao.org/docs/commands/#environment-variables,
# https://developer.hashicorp.com/vault/docs/commands#configure-environment-variables).
_VARIABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "url": (("ADDR",), ("AGENT_ADDR", "ADDR")),
    "namespace": (("NAMESPACE",), ("NAMESPACE",)),
    "auth_method": (("AUTH_METHOD",), ("AUTH_METHOD",)),
    "auth_mount": (("MOUNT_POINT",), ()),
    "token": (("TOKEN",), ("TOKEN",)),
    "token_path": (("TOKEN_PATH",), ()),
    "token_file": (("TOKEN_FILE",), ()),
    "role_id": (("ROLE_ID",), ("ROLE_ID",)),
    "secret_id": (("SECRET_ID",), ("SECRET_ID",)),
    "secret_id_wrapped": (("SECRET_ID_WRAPPED",), ("SECRET_ID_WRAPPED",)),
    "role": (("ROLE",), ("ROLE",)),
    "jwt": (("JWT",), ("JWT",)),
    "jwt_file": (("JWT_FILE",), ("JWT_FILE",)),
    "username": (("USERNAME",), ("USERNAME",)),
    "password": (("PASSWORD",), ("PASSWORD",)),
    "github_token": (("GITHUB_TOKEN",), ("AUTH_GITHUB_TOKEN",)),
    "aws_profile": (("AWS_PROFILE",), ()),
    "aws_access_key": (("AWS_ACCESS_KEY",), ()),
    "aws_secret_key": (("AWS_SECRET_KEY",), ()),
    "aws_security_token": (("AWS_SECURITY_TOKEN",), ()),
    "region": (("REGION",), ()),
    "aws_iam_server_id": (("AWS_IAM_SERVER_ID",), ()),
    "azure_tenant_id": (("AZURE_TENANT_ID",), ()),
    "azure_client_id": (("AZURE_CLIENT_ID",), ()),
    "azure_client_secret": (("AZURE_CLIENT_SECRET",), ()),
    "azure_resource": (("AZURE_RESOURCE",), ()),
    "ca_cert": (("CA_CERT",), ("CACERT", "CACERT_BYTES", "CAPATH")),
    "tls_server_name": (("TLS_SERVER_NAME",), ("TLS_SERVER_NAME",)),
    "client_cert": (("CERT_AUTH_PUBLIC_KEY",), ("CLIENT_CERT",)),
    "client_key": (("CERT_AUTH_PRIVATE_KEY",), ("CLIENT_KEY",)),
    "validate_certs": (("VALIDATE_CERTS",), ()),
    "timeout": (("TIMEOUT",), ("CLIENT_TIMEOUT",)),
    "retries": (("RETRIES",), ("MAX_RETRIES",)),
    "proxies": (("PROXIES",), ("PROXY_ADDR", "HTTP_PROXY")),
}
# What the tools of AWS call a setting, in the order in which community.hashi_vault takes it.
_FOREIGN_VARIABLES: dict[str, tuple[str, ...]] = {
    "aws_profile": ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    "aws_access_key": ("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "EC2_ACCESS_KEY"),
    "aws_secret_key": ("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "EC2_SECRET_KEY"),
    "aws_security_token": ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN", "EC2_SECURITY_TOKEN"),
    "region": ("AWS_REGION", "EC2_REGION"),
}
# What the option of a setting begins with.
_PREFIX = "vault_"
_ANSIBLE_PREFIX = "ANSIBLE_HASHI_VAULT_"
_NATIVE_PREFIXES = ("BAO_", "VAULT_")
# Of a variable that holds the authorities themselves, rather than where they are.
_PEM_SUFFIX = "_CACERT_BYTES"
# Methods whose role community.hashi_vault calls a role ID, and the weakest place that is its own.
_ROLE_ID_IS_ROLE = ("aws_iam", "azure", "cert", "gcp", "jwt")
_ANSIBLE_RANK = 1
# Settings that are what stands there.
_TEXTS = (
    *("role_id", "username", "client_cert", "client_key"),
    *("aws_profile", "aws_access_key", "region", "aws_iam_server_id"),
    *("azure_tenant_id", "azure_client_id", "azure_resource"),
)
_SECRETS = ("secret_id", "github_token", "aws_secret_key", "azure_client_secret")
# Both "vault login" and "bao login" leave the token in this file of the home folder.
_TOKEN_FILE = ".vault-token"  # noqa: S105  # a name


def resolve(
    options: t.Mapping[str, t.Any], environ: t.Mapping[str, str], home: Path
) -> vault_options.VaultOptions:
    """Apply every fallback and check that what is there fits together.

    :param options: options named as in the interface (``vault_url``, …); others are ignored, and
        a missing one is the same as None.
    :param environ: environment variables.
    :param home: home folder of the user, for the token helper file.
    :raises InputError: something is missing, malformed or contradicts itself.
    """
    look = settings.Settings(
        options, environ, {name: variables(name) for name in _VARIABLES}, _PREFIX
    )
    method = look.text("auth_method") or vault_options.DEFAULT_AUTH_METHOD
    token = look.secret("token")
    if token is None and method == "token":
        token = _token_from_file(look, home)
    jwt_is_in_file = _stronger(look, "jwt_file", "jwt") == "jwt_file"
    urls = _urls(look)
    authorities = look.find("ca_cert")
    is_pem = authorities is not None and authorities.origin.endswith(_PEM_SUFFIX)
    plain: dict[str, t.Any] = {name: look.text(name) for name in _TEXTS}
    secrets: dict[str, t.Any] = {name: look.secret(name) for name in _SECRETS}
    resolved = vault_options.VaultOptions(
        url=urls[0],
        other_urls=urls[1:],
        namespace=parse.trimmed(look.text("namespace")),
        auth_method=method,
        auth_mount=parse.trimmed(look.text("auth_mount")),
        token=token,
        secret_id_wrapped=look.parsed("secret_id_wrapped", settings.boolean, default=False),
        role=_role(look, method),
        jwt=None if jwt_is_in_file else look.secret("jwt"),
        jwt_file=look.text("jwt_file") if jwt_is_in_file else None,
        password=look.secret("password", strip=False),
        aws_security_token=_aws_security_token(look),
        ca_cert=None if is_pem else look.text("ca_cert"),
        ca_pem=look.text("ca_cert") if is_pem else None,
        tls_server_name=look.parsed("tls_server_name", parse.host_name, None),
        validate_certs=_validate_certs(look),
        timeout=look.parsed("timeout", _timeout, vault_options.DEFAULT_TIMEOUT),
        retries=look.parsed("retries", _retries, vault_options.Retries()),
        proxies=look.parsed("proxies", parse.proxies, None),
        **plain,
        **secrets,
    )
    if resolved.client_key and not resolved.client_cert:
        raise errors.InputError(
            "vault_client_key is set without vault_client_cert.",
            "Name the certificate that belongs to the key in vault_client_cert.",
        )
    registry.check(resolved)
    return resolved


def variables(name: str) -> list[str]:
    """Return the environment variables of a setting, the strongest first.

    :param name: name of the option without its prefix ``vault_``.
    """
    ansible, native = _VARIABLES[name]
    names = [_ANSIBLE_PREFIX + suffix for suffix in ansible]
    names += [prefix + suffix for prefix in _NATIVE_PREFIXES for suffix in native]
    return [*names, *_FOREIGN_VARIABLES.get(name, ())]


def _stronger(look: settings.Settings, one: str, other: str) -> str | None:
    """Return which of two settings that exclude each other counts; None: neither is there.

    :raises InputError: both are given, and in the same way.
    """
    found = {name: at for name in (one, other) for at in [look.find(name)] if at is not None}
    if len({at.rank for at in found.values()}) < len(found):
        names = " and ".join(at.origin for at in found.values())
        raise errors.InputError(f"{names} are both set.", "Set one of them only.")
    return min(found, key=lambda name: found[name].rank, default=None)


def _urls(look: settings.Settings) -> tuple[str, ...]:
    found = look.find("url")
    urls = parse.urls(found.value, found.origin) if found else ()
    if not urls:
        raise vault_errors.MissingSettingError(
            "The address of Vault is not known.",
            f"Set vault_url, or one of the environment variables {', '.join(variables('url'))}.",
            option="url",
        )
    return urls


def _validate_certs(look: settings.Settings) -> bool:
    found = look.find("validate_certs")
    if found is not None:
        return settings.boolean(found.value, found.origin)
    skipped = look.variable(*(f"{prefix}SKIP_VERIFY" for prefix in _NATIVE_PREFIXES))
    return skipped is None or not settings.boolean(skipped.value, skipped.origin)


def _role(look: settings.Settings, method: str) -> str | None:
    """Return the role, which may be given as a role ID for methods that have none."""
    role, role_id = look.find("role"), look.find("role_id")
    if (
        method in _ROLE_ID_IS_ROLE
        and role_id is not None
        and role_id.rank <= _ANSIBLE_RANK  # another one may be that of an AppRole
        and (role is None or role_id.rank < role.rank)
    ):
        return str(role_id.value)
    return None if role is None else str(role.value)


def _aws_security_token(look: settings.Settings) -> secret_value.SecretValue | None:
    """Return the token that belongs to a key, and not that of another key in the environment."""
    key, token = look.find("aws_access_key"), look.find("aws_security_token")
    if key is not None and token is not None and key.rank < token.rank and key.rank == 0:
        return None
    return look.secret("aws_security_token")


def _token_from_file(look: settings.Settings, home: Path) -> secret_value.SecretValue | None:
    """Read the token helper file.

    :raises InputError: it is there but cannot be read.
    """
    file = Path(look.text("token_path") or home) / (look.text("token_file") or _TOKEN_FILE)
    try:
        token = file.read_bytes().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise errors.InputError(
            f"The token file {file} cannot be read: {error.strerror}.",
            "Make it readable for the user that runs the task, or set vault_token.",
        ) from None
    return secret_value.SecretValue(token) if token else None


def _retries(value: t.Any, origin: str) -> vault_options.Retries:
    from . import parse_retries

    return parse_retries.retries(value, origin)


def _timeout(value: t.Any, origin: str) -> float:
    """Return seconds above zero; for 0, which means no limit, as many as we ever wait."""
    return settings.seconds(value, origin) or vault_options.LONGEST_TIMEOUT
