# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX asks for: which options, in which order; and what the playbooks' own variables mean.

Types, choices, defaults and help come from the options themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Options of swarm_secret_rotate that log in to Vault: the fields of a credential.
VAULT_FIELDS = (
    "vault_url",
    "vault_namespace",
    "vault_auth_method",
    "vault_auth_mount",
    "vault_token",
    "vault_role_id",
    "vault_secret_id",
    "vault_username",
    "vault_password",
    "vault_role",
    "vault_jwt",
    "vault_ca_cert",
    "hash_key",
)
#: Without it a credential can log in nowhere.
VAULT_REQUIRED = ("vault_url",)


@dataclass(frozen=True)
class Own:
    """A variable that is no option of a module: the comment at the top of its playbook explains it.

    :param long: whether an answer may have many lines.
    """

    variable: str
    name: str
    help: str
    long: bool = False
    required: bool = False


HOSTS = Own(
    "swarmvault_hosts",
    "Hosts",
    "Hosts, groups or a pattern of the inventory. The first of these whose engine serves as a manager"
    " does the work. If empty, the group swarm_managers.",
)
NAMES = Own(
    "swarmvault_names",
    "Names",
    "Logical secrets whose labels in Swarm tell the source, with commas, blanks or line breaks"
    " between them. If empty, and Secrets as well, every secret with a label vault_path.",
    long=True,
)
SECRETS = Own(
    "swarmvault_secrets",
    "Secrets",
    'Logical secrets with their sources: YAML or JSON of a list as for the option "secrets" of'
    " swarmvault.secrets.swarm_secret_rotate. Values do not belong here: answers are kept.",
    long=True,
)
PATHS = Own(
    "swarmvault_discover_paths",
    "Paths that labels may ask for",
    "Patterns such as secret/shop/*, with commas or line breaks between them. If empty, everything of"
    " key/value version 2 that the token may read.",
    long=True,
)
TO_ROLL_BACK = Own(
    "swarmvault_names",
    "Names",
    "Logical secrets to bring back to the version before, with commas, blanks or line breaks between"
    " them.",
    long=True,
    required=True,
)

MANAGERS = Own(
    "swarmvault_hosts",
    "Hosts",
    "Hosts, groups or a pattern of the inventory: all managers. If empty, the group swarm_managers.",
)

#: Per playbook; a bare word is an option of swarm_secret_rotate, or a variable of the role.
SURVEYS: dict[str, tuple[Own | str, ...]] = {
    "rotate": (
        NAMES,
        SECRETS,
        PATHS,
        HOSTS,
        "on_failure",
        "on_source_error",
        "wait_timeout",
        "max_parallel",
        "keep_versions",
        "force",
    ),
    "rollback": (TO_ROLL_BACK, HOSTS, "wait_timeout", "max_parallel", "force"),
    "install": (
        MANAGERS,
        "secretprovider_source",
        "secretprovider_alias",
        "secretprovider_settings",
        "secretprovider_rotation",
        "secretprovider_interval",
        "secretprovider_check_vault",
        "secretprovider_wait_timeout",
    ),
    "remove": (MANAGERS, "secretprovider_alias"),
}
