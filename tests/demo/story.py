# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The story of the demo, step by step. Each step checks what it claims."""

from __future__ import annotations

import contextlib
import secrets
import time
import typing as t

from demo import show
from demo.ending import Seen
from demo.playbook import Playbook
from demo.progress import waiting
from demo.provider import ALIAS, Package, inventory
from demo.shop import Customers, Shop

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed

POLICY = """
path "secret/metadata/shop/*" { capabilities = ["read"] }
path "secret/data/shop/*" { capabilities = ["read"] }
"""


class Story:
    """One bed, one shop, one playbook."""

    def __init__(self, bed: Bed, directory: Path) -> None:
        self._bed = bed
        self._directory = directory
        self._shop = Shop(bed)
        self._till = Shop(bed, "till", port=8081, replicas=1, known=self._shop.known)
        self._good = True
        self._answered = 0
        self._unanswered = 0
        bed.vault.policy("shop-rotation", POLICY)
        role_id, secret_id = bed.vault.approle("shop-rotation", ["shop-rotation"])
        self._credentials = {
            "role_id": role_id,
            "secret_id": secret_id,
            "ca.pem": bed.vault.ca_cert.read_text(),
        }
        options = bed.docker_options()
        with waiting("building and installing the collection"):
            self._playbook = Playbook.install(
                directory,
                {
                    "docker_host": options["docker_host"],
                    "ca_path": options["ca_path"],
                    "client_cert": options["client_cert"],
                    "client_key": options["client_key"],
                    "vault_url": bed.vault.url,
                    "vault_ca_cert": str(bed.vault.ca_cert),
                    "vault_role_id": role_id,
                    "vault_secret_id": secret_id,
                },
            )
        self._package = Package(self._playbook.collection, directory)

    def tell(self) -> Seen:
        """Tell the whole story; return what it came to."""
        first, second, third, fourth = (secrets.token_hex(12) for _i in range(4))
        self._before(first)
        self._adopt(first)
        self._rotate(second)
        self._nothing_to_do(second)
        self._bad_value(second)
        self._repaired(third)
        self._plugin(third)
        self._by_itself(fourth)
        return Seen(self._good, self._answered, self._unanswered)

    def _before(self, password: str) -> None:
        show.step(1, "How it is today: a service with a Swarm secret somebody made by hand")
        self._put(password, "the first password")
        with contextlib.closing(self._bed.client()) as client:
            secret_id = client.create_secret("db_password", password.encode())["ID"]
            self._shop.deploy(client, secret_id, "db_password")
        self._shop.wait(password)
        show.say(
            "Three replicas serve a page each that shows by its digest which password they run. "
            "Open one while the demo runs:"
        )
        show.lines(self._shop.table())
        self._secrets(["db_password"])

    def _adopt(self, password: str) -> None:
        show.step(2, "The first run adopts it: version 1, from OpenBao, in the same file")
        self._play()
        self._shop.wait(password)
        self._secrets(["db_password", "db_password_v1"])
        show.say("The hand-made secret stays: the collection removes only what it made itself.")

    def _rotate(self, password: str) -> None:
        show.step(3, "The password changes in OpenBao; first the plan, then the rotation")
        self._put(password, "the second password")
        show.say("ansible-playbook --check --diff changes nothing, and shows names, never values:")
        self._play("--check", "--diff")
        show.say("And for real, while customers keep asking:")
        self._play_under_load()
        self._shop.wait(password)
        show.lines(self._shop.table())
        self._secrets(["db_password", "db_password_v1", "db_password_v2"])

    def _nothing_to_do(self, password: str) -> None:
        show.step(4, "Once more: nothing changed, so nothing is read, made or restarted")
        self._bed.vault.clear_audit()
        self._play()
        paths = [r["request"]["path"] for r in self._bed.vault.audit_requests("secret/")]
        self._check(
            f"OpenBao was asked for {', '.join(paths)}", paths == ["secret/metadata/shop/db"]
        )
        self._check("every replica still runs the second password", self._all_run(password))

    def _bad_value(self, password: str) -> None:
        show.step(5, "A value the application cannot start with: rolled back and quarantined")
        self._put("bad-" + secrets.token_hex(8), "a bad password")
        self._play_under_load()
        self._shop.wait(password)
        show.lines(self._shop.table())
        show.say("The next run, as on a schedule, does not try it again and restarts nothing:")
        self._play()
        self._check("every replica still runs the second password", self._all_run(password))

    def _repaired(self, password: str) -> None:
        show.step(6, "A good value again: rolled out; old versions are retired, one is kept")
        self._put(password, "the third password")
        self._play_under_load()
        self._shop.wait(password)
        show.lines(self._shop.table())
        self._secrets(["db_password", "db_password_v2", "db_password_v4"])

    def _plugin(self, password: str) -> None:
        show.step(7, "The plugin, installed by the role: a secret that Swarm never holds")
        with waiting("the plugin is built, from Debian's packages and this collection"):
            package = self._package.wait()
        self._install(package)
        with contextlib.closing(self._bed.client()) as client:
            made = client.create_secret(
                "till_password",
                b"",
                labels={"vault_path": "shop/db", "vault_field": "password"},
                driver={"Name": ALIAS},
            )
            self._till.deploy(client, made["ID"], "till_password")
        self._till.wait(password)
        show.say(
            "Another service, whose secret is but the name of the plugin and a path in OpenBao:"
        )
        show.lines(self._till.table())

    def _by_itself(self, password: str) -> None:
        show.step(8, "The password changes, and nobody runs anything: the schedule moves both")
        with Customers(self._shop) as customers:
            self._put(password, "the fourth password")
            self._shop.wait(password)
            self._till.wait(password)
        self._count(customers)
        show.lines([*self._shop.table(), *self._till.table()])

    # -- telling and checking -----------------------------------------------------------------

    def _put(self, password: str, name: str) -> None:
        version = self._bed.vault.put("shop/db", password=password)
        self._shop.learn(password, f"{name} (version {version} in OpenBao)")
        show.line(f"bao kv put secret/shop/db password=...   -> version {version}: {name}")

    def _play(self, *options: str) -> None:
        started = time.monotonic()
        with waiting("ansible-playbook runs"):
            output = self._playbook.run(*options)
        for text in output.splitlines():
            if text.strip() and not text.startswith(("Using ", "No config")):
                print(f"      | {text}")
        show.line(f"ansible-playbook took {time.monotonic() - started:.1f} s")

    def _play_under_load(self) -> None:
        with Customers(self._shop) as customers:
            self._play()
        self._count(customers)

    def _count(self, customers: Customers) -> None:
        self._answered += customers.answered
        self._unanswered += customers.unanswered
        self._check(
            f"{customers.answered} requests answered meanwhile, {customers.unanswered} not",
            customers.unanswered == 0,
        )

    def _install(self, package: Path) -> None:
        where = inventory(self._bed, self._directory)
        wanted = {
            "secretprovider_source": str(package),
            "secretprovider_settings": {
                "VAULT_ADDR": self._bed.vault.url,
                "VAULT_AUTH_METHOD": "approle",
            },
            "secretprovider_credentials": self._credentials,
            "secretprovider_rotation": "plugin",
            "secretprovider_interval": "2s",
        }
        started = time.monotonic()
        with waiting("ansible-playbook swarmvault.secrets.install runs"):
            output = self._playbook.install_plugin(where, wanted)
        _heading, _recap, hosts = output.partition("PLAY RECAP")
        for text in hosts.splitlines()[1:] if hosts else output.splitlines():
            if text.strip():
                print(f"      | {text}")
        show.line(f"swarmvault.secrets.install took {time.monotonic() - started:.1f} s")

    def _secrets(self, expected: list[str]) -> None:
        with contextlib.closing(self._bed.client()) as client:
            names = sorted(secret["Spec"]["Name"] for secret in client.secrets())
        self._check(f"docker secret ls: {', '.join(names)}", names == expected)

    def _all_run(self, password: str) -> bool:
        return self._shop.all_show(password)

    def _check(self, text: str, good: bool) -> None:
        self._good = self._good and good
        show.line(text, good=good)
