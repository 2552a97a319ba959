# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every setting there is: what ``config.json`` has to declare, and the documentation tells.

Docker refuses a setting that ``config.json`` does not declare. ``python3 -m
swarmvault_secretprovider.declared`` writes that part of it.

Names that users of other plugins know are kept: those of sugar-org/swarm-external-secrets, of its
ancestor vault-swarm-plugin and of sirlatrom/docker-secretprovider-plugin-vault (their
``config.json``).
"""

from __future__ import annotations

import json
import sys
import typing as t

VAULT = "VAULT"
OPENBAO = "OPENBAO"
CREDENTIALS_DIR = "/run/vault-secrets-plugin"
DEFAULT_MOUNT = "secret"
DEFAULT_PATH = "{service}/{secret}"


class Setting(t.NamedTuple):
    """One setting.

    :param name: as ``docker plugin set`` takes it.
    :param description: what it says, in a sentence without its full stop.
    :param default: what holds where it is not set; empty: nothing.
    :param secret: whether ``docker plugin inspect`` should better not show it.
    """

    name: str
    description: str
    default: str = ""
    secret: bool = False


def _connection(prefix: str, product: str) -> tuple[Setting, ...]:
    """Return the settings of a connection, which Vault and OpenBao share but for the prefix."""
    return (
        Setting(f"{prefix}_ADDR", f"Address of {product}, or several of one cluster with commas"),
        Setting(f"{prefix}_NAMESPACE", "Namespace"),
        Setting(f"{prefix}_MOUNT_PATH", "Where the key/value engine is mounted", DEFAULT_MOUNT),
        Setting(
            f"{prefix}_AUTH_METHOD",
            "How to log in: token, approle, jwt, kubernetes, cert, userpass, ldap, okta or radius",
            "token",
        ),
        Setting(f"{prefix}_AUTH_MOUNT", "Where that method is mounted, if not at its usual place"),
        Setting(f"{prefix}_APPROLE_AUTH_PATH", "The same for approle alone"),
        Setting(f"{prefix}_JWT_AUTH_PATH", "The same for jwt alone"),
        Setting(f"{prefix}_TOKEN", "Token; better a file token", secret=True),
        Setting(f"{prefix}_ROLE_ID", "Role ID of approle; or a file role_id"),
        Setting(
            f"{prefix}_SECRET_ID", "Secret ID of approle; better a file secret_id", secret=True
        ),
        Setting(
            f"{prefix}_SECRET_ID_WRAPPED",
            "Whether the secret ID is a token that unwraps to it",
            "false",
        ),
        Setting(f"{prefix}_ROLE", "Role of jwt, kubernetes and cert"),
        Setting(f"{prefix}_JWT_ROLE", "The same for jwt alone"),
        Setting(f"{prefix}_JWT", "Signed token of jwt; better a file jwt", secret=True),
        Setting(f"{prefix}_JWT_FILE", "Path of a file with it, as the plugin sees it"),
        Setting(
            f"{prefix}_USERNAME", "User of userpass, ldap, okta and radius; or a file username"
        ),
        Setting(f"{prefix}_PASSWORD", "Its password; better a file password", secret=True),
        Setting(f"{prefix}_CACERT", "Authorities to trust, as a path; or a file ca.pem"),
        Setting(f"{prefix}_CLIENT_CERT", "Client certificate, as a path; or a file client.pem"),
        Setting(f"{prefix}_CLIENT_KEY", "Its key, as a path; or a file client.key"),
        Setting(f"{prefix}_TLS_SERVER_NAME", "Name that the server's certificate has to be for"),
        Setting(f"{prefix}_SKIP_VERIFY", "Whether to trust any certificate", "false"),
        Setting(f"{prefix}_PROXY_ADDR", "Proxy to go through"),
        *_tasks(prefix),
    )


def _tasks(prefix: str) -> tuple[Setting, ...]:
    """Return the settings of a connection that say what tasks have."""
    return (
        Setting(
            f"{prefix}_DEFAULT_PATH",
            "Path below the mount of a secret without a label for it: {service}, {stack}, {secret}"
            " and {label:NAME} stand for what the task is of",
            DEFAULT_PATH,
        ),
        Setting(
            f"{prefix}_ALLOWED_PATHS",
            "Paths that tasks may have, with commas: {service}, {stack} and {label:NAME} stand for"
            " what the task is of",
        ),
        Setting(
            f"{prefix}_TASK_POLICIES",
            "Policies, with commas and the same words, of the token that values are read with",
        ),
        Setting(
            f"{prefix}_TOKEN_ROLE",
            "Role of the token method through which tokens for tasks are made, as orphans",
        ),
    )


_OWN = (
    Setting(
        "SECRETS_PROVIDER",
        "Whose settings describe the default connection: vault or openbao",
        "vault, or openbao where only OPENBAO_ADDR is set",
    ),
    Setting(
        "VAULT_CREDENTIALS_DIR",
        "Directory of the files with credentials and of further Vaults, as the plugin sees it",
        CREDENTIALS_DIR,
    ),
    Setting("VAULT_DEADLINE", "How long one request of the engine may take", "8s"),
    Setting(
        "VAULT_FAIL_ON_ERROR",
        "Whether a task fails whose value cannot be had, or else starts without it",
        "true",
    ),
    Setting(
        "VAULT_DEFAULT_LABELS",
        "By which family of labels a secret without labels is read: plain, or almbrand",
        "plain",
    ),
    Setting(
        "VAULT_CACHE_TTL",
        "How long a value is kept in memory for the case that Vault cannot be reached; at most"
        " 24h, 0 keeps none",
        "24h",
    ),
    Setting("VAULT_CACHE_SIZE", "How many bytes of values are kept at most", "16777216"),
    Setting("VAULT_MAX_PARALLEL", "How many requests one Vault is sent at a time", "8"),
    Setting(
        "VAULT_ENABLE_ROTATION",
        "Whether the plugin rotates secrets itself",
        "true where the Docker socket is mounted, else false",
    ),
    Setting("ENABLE_ROTATION", "Another name of VAULT_ENABLE_ROTATION"),
    Setting("VAULT_ROTATION_INTERVAL", "Time between two looks for changes", "5m"),
    Setting("ROTATION_INTERVAL", "Another name of VAULT_ROTATION_INTERVAL"),
    Setting("LOG_LEVEL", "The least severe lines to log: debug, info, warning or error", "info"),
    Setting("PLUGIN_LOG_LEVEL", "Another name of LOG_LEVEL"),
    Setting("LOG_FORMAT", "Form of the log: text or json", "text"),
    Setting(
        "METRICS_LISTEN",
        "Where to serve metrics and health, such as 127.0.0.1:9110 or unix:///path; nowhere where"
        " it is not set",
    ),
    Setting(
        "ENABLE_MONITORING",
        "Another way to serve them: true listens on 127.0.0.1 at MONITORING_PORT",
        "false",
    ),
    Setting("MONITORING_PORT", "Port for ENABLE_MONITORING", "8080"),
    Setting("PLUGIN_LOG_PATH", "Not used: the log is the engine's"),
    Setting("uid", "User to run as once the socket is open, by number", "65532"),
    Setting("gid", "Its group, by number", "65532"),
)

#: The settings that describe one connection, by the prefix of their names.
CONNECTIONS: t.Mapping[str, tuple[Setting, ...]] = {
    VAULT: _connection(VAULT, "Vault"),
    OPENBAO: _connection(OPENBAO, "OpenBao"),
}
SETTINGS = (*CONNECTIONS[VAULT], *CONNECTIONS[OPENBAO], *_OWN)
BY_NAME: t.Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def config_env() -> list[dict[str, t.Any]]:
    """Return ``env`` of ``config.json``.

    Nothing has a value there: the defaults are those of the code, and what was set can be told
    from what was not.
    """
    return [
        {
            "name": setting.name,
            "description": _described(setting),
            "value": "",
            "settable": ["value"],
        }
        for setting in SETTINGS
    ]


def _described(setting: Setting) -> str:
    return setting.description + (f" (default: {setting.default})" if setting.default else "")


if __name__ == "__main__":
    json.dump(config_env(), sys.stdout, indent=2)
    sys.stdout.write("\n")
