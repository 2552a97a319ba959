# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide to authentication works as it stands there: its commands for Vault, then its tasks."""

from __future__ import annotations

import contextlib
import os
import subprocess
import typing as t

import hvac.exceptions
import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.vault_options import (
    VAULT_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import variables

from testbed.pki import Authority
from tests.collection_path import ROOT
from tests.e2e.ansible.test_documentation import addressed, connections
from tests.e2e.support.controller import BIN, play
from tests.e2e.support.documented import guide_blocks
from tests.e2e.support.identity import Signer, kubernetes_api, service_account
from tests.e2e.vault.front import Front, forward
from tests.e2e.vault.test_unreachable import free_port

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import OpenBao
    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller
    from tests.e2e.support.world import World

GUIDE = "guide_authentication"
METHODS = ("approle", "jwt", "kubernetes", "userpass", "ldap", "cert")
TEAM = "team-a"
#: Variables that the guide names whole.
FOREIGN = ("AWS_", "EC2_")
#: Of what the tasks are handed.
NOT_SECRET = {
    "vault_role_id",
    "team_role_id",
    "ansible_hashi_vault_url",
    "ansible_hashi_vault_auth_method",
    "ansible_hashi_vault_role_id",
}
CLAIMS = {
    "sub": "shop-pipeline",
    "aud": "vault",
    "iat": 1000000000,
    "nbf": 1000000000,
    "exp": 32503680000,
}


class Shell:
    """Runs commands as somebody with every right does, and keeps what each printed."""

    def __init__(self, bao: OpenBao, folder: Path) -> None:
        path = f"{BIN}:{os.environ['PATH']}"
        self._environment = {**os.environ, **bao.environment(), "PATH": path}
        self._folder = folder
        self._printed: dict[str, str] = {}

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        self._printed[command] = done.stdout.strip()
        return self._printed[command]

    def printed(self, part: str) -> str:
        """Give what the one command printed that holds this text."""
        (found,) = [text for command, text in self._printed.items() if part in command]
        return found


@pytest.fixture
def bare_world(world: World) -> t.Iterator[World]:
    """A world to whose OpenBao nobody can log in but by a token."""
    bao = world.vault

    def tidy() -> None:
        client = bao.client()
        for method in METHODS:
            client.sys.disable_auth_method(method)
        with contextlib.suppress(hvac.exceptions.VaultError):
            client.delete(f"sys/namespaces/{TEAM}")

    tidy()
    yield world
    tidy()
    bao.client().sys.enable_auth_method("approle")


def test_the_commands_and_the_tasks_of_the_guide_work_as_they_stand_there(
    bare_world: World,
    controller: Controller,
    inventory: Path,
    canaries: Canaries,
    tmp_path: Path,
) -> None:
    bao = bare_world.vault
    bare_world.put("shop/db", password=canaries.value("password"))
    signer, authority = Signer(), Authority("hosts")
    shell = Shell(bao, tmp_path)
    (policy,) = guide_blocks(GUIDE, "hcl")
    files = {
        "rotate.hcl": policy,
        "issuer.pem": signer.public,
        "kubernetes-ca.pem": bao.ca_cert.read_text(),
        "hosts-ca.pem": authority.pem.decode(),
        "identity": signer.sign(CLAIMS),
        "pod": signer.sign(service_account("awx", "awx")),
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    authority.issue_to(tmp_path / "host", "manager1")
    agent = forward(bao.url, bao.ca_cert, **{"X-Vault-Token": bao.root_token})

    with kubernetes_api("awx", "awx") as kubernetes, Front(agent).running() as listener:
        for block in guide_blocks(GUIDE, "console"):
            for line in block.strip().splitlines():
                command = line.removeprefix("$ ")
                shell.run(command.replace("https://kubernetes.example.com:6443", kubernetes))
        handed_over = credentials(bao, shell, signer)
        prepare(bao, canaries)
        for name, value in handed_over.items():
            if name not in NOT_SECRET:
                canaries.watch(name, value)
        places = {
            "/var/run/identity/token": str(tmp_path / "identity"),
            "/var/run/secrets/kubernetes.io/serviceaccount/token": str(tmp_path / "pod"),
            "/etc/ssl/host": str(tmp_path / "host"),
            "http://127.0.0.1:8100": listener.url,
            "https://vault1.example.com:8200": f"https://127.0.0.1:{free_port()}",
            "https://vault2.example.com:8200": bao.url,
            "https://vault3.example.com:8200": bao.url,
        }
        shown = "".join(guide_blocks(GUIDE, "yaml"))
        for made_up, real in places.items():
            assert made_up in shown
            shown = shown.replace(made_up, real)
        tasks = yaml.safe_load(addressed(bare_world.bed, shown))
        run = controller.run(
            [play(*tasks, environment=connections(bare_world.bed))],
            "--check",
            inventory=inventory,
            variables=handed_over,
        )

    assert run.code == 0, run.output
    assert len(run.rotations) == len(tasks) == 13
    for result in run.rotations:
        assert [secret["action"] for secret in result["secrets"]] == ["created"], result.task


def credentials(bao: OpenBao, shell: Shell, signer: Signer) -> dict[str, str]:
    """Return the variables that the tasks name, mostly as the commands printed them."""
    team = f"-namespace={TEAM} -field"
    role = "auth/machines/approle/role/rotator"
    made = {
        "vault_token": shell.printed("bao token create"),
        "vault_role_id": shell.printed("-field=role_id auth/approle"),
        "vault_secret_id": shell.printed("-field=secret_id auth/approle"),
        "wrapping_token": shell.printed("-field=wrapping_token"),
        "ci_token": signer.sign(CLAIMS),
        "user_password": "correct-horse",
        "team_role_id": shell.run(f"bao read {team}=role_id {role}/role-id"),
        "team_secret_id": shell.run(f"bao write -f {team}=secret_id {role}/secret-id"),
    }
    made.update(
        {
            "ansible_hashi_vault_url": bao.url,
            "ansible_hashi_vault_auth_method": "approle",
            "ansible_hashi_vault_role_id": made["vault_role_id"],
            "ansible_hashi_vault_secret_id": made["vault_secret_id"],
        }
    )
    assert bao.root_token not in made.values()
    return made


def prepare(bao: OpenBao, canaries: Canaries) -> None:
    """Do what the guide only speaks of: a directory, and a secret in the namespace."""
    client = bao.client()
    # OpenBao has no ldap of its own; its login is the request that userpass takes.
    client.sys.enable_auth_method("userpass", path="ldap")
    client.auth.userpass.create_or_update_user(
        "rotator", "correct-horse", policies=["rotate"], mount_point="ldap"
    )
    client.adapter.namespace = TEAM
    client.sys.enable_secrets_engine("kv", path="secret", options={"version": "1"})
    client.sys.tune_mount_configuration("secret", options={"version": "2"})
    client.secrets.kv.v2.create_or_update_secret(
        "shop/db", secret={"password": canaries.value("of the team")}
    )


@pytest.mark.parametrize("option", sorted(VAULT_ARGUMENTS))
def test_the_guide_names_every_variable_of_the_environment(option: str) -> None:
    text = (ROOT / "docs" / "docsite" / "rst" / f"{GUIDE}.rst").read_text(encoding="utf-8")
    rows = [part.split("\n\n")[0] for part in text.split("   * - ")[1:]]
    (row,) = [part for part in rows if part.startswith(f"``{option}``")]
    ansible, native = row.split("     - ")[1:]
    named = [f"ANSIBLE_HASHI_VAULT_{name}" for name in _names(ansible)]
    others = [name for name in _names(native) if name.startswith(FOREIGN)]
    own = [name for name in _names(native) if name not in others]
    named += [prefix + name for prefix in ("BAO_", "VAULT_") for name in own] + others
    assert named == variables(option.removeprefix("vault_"))


def _names(cell: str) -> list[str]:
    return [name.strip("` \n") for name in cell.split(",") if "`" in name]
