# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookups through Ansible: many terms by one login, and errors that say what to do."""

from __future__ import annotations

import base64
import hashlib
import typing as t

import pytest

from tests.e2e.support.controller import Controller, play, rotating
from tests.e2e.support.reach import over_tcp
from tests.e2e.support.world import vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Run
    from tests.e2e.support.shop import Shop
    from tests.e2e.support.world import World

VALUE = "swarmvault.secrets.vault_secret"
NAME = "swarmvault.secrets.swarm_secret_name"


class Lookups:
    """Evaluates expressions, one task each, with the connections in variables."""

    def __init__(
        self, world: World, controller: Controller, inventory: Path, canaries: Canaries
    ) -> None:
        self.world = world
        self.canaries = canaries
        self._controller = controller
        self._inventory = inventory
        engine = world.bed.docker_options()
        self.variables = {
            "ansible_hashi_vault_addr": world.vault.url,
            "ansible_hashi_vault_ca_cert": str(world.vault.ca_cert),
            # As users have them: variables made of others.
            "token": world.vault.root_token,
            "ansible_hashi_vault_token": "{{ token }}",
            **{f"ansible_docker_{name}": value for name, value in engine.items()},
        }

    def put(self, path: str, **fields: str) -> None:
        """Write values that are looked for in all output."""
        for name, value in fields.items():
            self.canaries.watch(f"{path} {name}", value)
        self.world.put(path, **fields)

    def run(
        self, expected: t.Mapping[str, t.Any], environment: t.Mapping[str, str] | None = None
    ) -> Run:
        """Check what expressions give, without showing it."""
        tasks = [
            {
                "name": expression,
                "ansible.builtin.assert": {"that": f"({expression}) == wanted", "quiet": True},
                "vars": {"wanted": wanted},
                "no_log": True,
            }
            for expression, wanted in expected.items()
        ]
        run = self._run(tasks, environment)
        assert run.code == 0, run.output
        return run

    def problems(
        self, *expressions: str, environment: t.Mapping[str, str] | None = None
    ) -> list[str]:
        """Return what is said of expressions that give nothing."""
        tasks = [
            {"name": one, "ansible.builtin.debug": {"msg": f"{{{{ {one} }}}}"}}
            for one in expressions
        ]
        run = self._run(tasks, environment, ignore_errors=True)
        assert "Traceback" not in run.output
        assert all(run.task(one).failed for one in expressions), run.output
        return [run.task(one).msg for one in expressions]

    def rotate(self, **options: t.Any) -> None:
        """Rotate with values that lookups give."""
        run = self._run([rotating(**over_tcp(self.world.bed), **options)], None)
        assert run.code == 0, run.output

    def _run(
        self,
        tasks: list[dict[str, t.Any]],
        environment: t.Mapping[str, str] | None,
        **keywords: t.Any,
    ) -> Run:
        return self._controller.run(
            [play(*tasks, **keywords)],
            inventory=self._inventory,
            variables=self.variables,
            environment=environment,
        )


@pytest.fixture
def lookups(world: World, controller: Controller, inventory: Path, canaries: Canaries) -> Lookups:
    return Lookups(world, controller, inventory, canaries)


# -- vault_secret ---------------------------------------------------------------------------------


def test_values_are_given_as_they_are(lookups: Lookups) -> None:
    first, template, text = lookups.canaries.value("first"), "{{ 7 * 7 }}", "a ü\n'\"\\ b\n"
    lookups.put("look/one", password=first)
    lookups.world.put("look/two", template=template, text=text, number=5)
    lookups.world.put("look/one", password=lookups.canaries.value("second"))
    lookups.world.vault.put("look", mount="kv1", key="old")
    lookups.run(
        {
            f"lookup('{VALUE}', 'look/one', vault_version=1)": first,
            # Neither taken for a template nor stripped nor made a number.
            f"lookup('{VALUE}', 'look/two', vault_field='template') | length": len(template),
            f"lookup('{VALUE}', 'look/two', vault_field='text')": text,
            f"lookup('{VALUE}', 'look/two', vault_field='number')": "5",
            f"(lookup('{VALUE}', 'look/two', vault_format='json') | from_json).text": text,
            f"lookup('{VALUE}', 'look', vault_engine='kv1', vault_mount='kv1')": "old",
            f"query('{VALUE}', 'kv1/look', vault_engine='read')": ["old"],
        }
    )


@pytest.mark.case("V14")
def test_bytes_in_base64_are_given_as_bytes_and_reach_a_secret_both_ways(lookups: Lookups) -> None:
    binary = bytes(range(256))
    coded = base64.b64encode(binary).decode()
    lookups.put("look/bytes", jks=coded)
    look = f"lookup('{VALUE}', 'look/bytes', vault_format='base64')"
    lookups.run({f"{look} | b64encode": coded})
    secrets = [
        {"name": "decoded", "data": f"{{{{ {look} }}}}"},
        {
            "name": "coded",
            "data": f"{{{{ lookup('{VALUE}', 'look/bytes') }}}}",
            "data_is_b64": True,
        },
    ]

    lookups.rotate(secrets=secrets)

    world = lookups.world
    world.service("web", {"decoded": "decoded_v1", "coded": "coded_v1"})
    expected = {hashlib.sha256(binary).hexdigest()[:12]}
    assert world.shown("web", "decoded") == expected
    assert world.shown("web", "coded") == expected


@pytest.mark.case("V13")
def test_null_is_no_value_and_not_base64_is_told_without_it(lookups: Lookups) -> None:
    lookups.put("look/text", password=lookups.canaries.value("text", "not base64: "))
    lookups.world.put("look/null", password=None)
    null, text = lookups.problems(
        f"lookup('{VALUE}', 'look/null')",
        f"lookup('{VALUE}', 'look/text', vault_format='base64')",
    )
    assert "field 'password' of secret/look/null is null in Vault" in null
    assert "field 'password' of secret/look/text is not base64" in text


def test_many_terms_take_one_login_and_one_read_for_each_path(lookups: Lookups) -> None:
    for path in ("many/a", "many/b"):
        lookups.put(path, password=f"value of {path}")
    lookups.world.vault.policy("many", 'path "secret/data/many/*" { capabilities = ["read"] }')
    role_id, secret_id = lookups.world.vault.approle("many", ["many"])
    lookups.canaries.watch("secret_id", secret_id)
    del lookups.variables["ansible_hashi_vault_token"]
    lookups.variables |= {
        "ansible_hashi_vault_auth_method": "approle",
        "ansible_hashi_vault_role_id": role_id,
        "ansible_hashi_vault_secret_id": secret_id,
    }
    lookups.world.vault.clear_audit()

    paths = ["many/a", "many/b", "many/a"]
    lookups.run({f"query('{VALUE}', {paths})": [f"value of {path}" for path in paths]})

    asked = [one["request"]["path"] for one in lookups.world.vault.audit_requests()]
    assert sorted(asked) == sorted(
        [
            "auth/approle/login",
            "secret/data/many/a",
            "secret/data/many/b",
            "auth/token/revoke-self",
        ]
    )


def test_an_option_comes_before_its_variable_and_a_variable_before_the_environment(
    lookups: Lookups,
) -> None:
    lookups.put("order/one", password="right")
    wrong = {"VAULT_TOKEN": "wrong", "ANSIBLE_HASHI_VAULT_TOKEN": "wrong"}
    look = f"lookup('{VALUE}', 'order/one'"
    lookups.run({f"{look})": "right"}, environment=wrong)
    (said,) = lookups.problems(f"{look}, vault_token='wrong')")
    assert "does not accept the token" in said
    del lookups.variables["ansible_hashi_vault_token"]
    token = {"VAULT_TOKEN": lookups.world.vault.root_token}
    lookups.run({f"{look})": "right"}, environment=token)


@pytest.mark.case("V10")
def test_what_cannot_be_read_is_told_with_a_remedy(lookups: Lookups) -> None:
    lookups.put("told/two", a=lookups.canaries.value("a"), b=lookups.canaries.value("b"))
    two = f"lookup('{VALUE}', 'told/two'"
    said = lookups.problems(
        f"query('{VALUE}', 'told/none', 'told/two', 'told/no')",
        f"{two}, vault_feild='a')",
        f"{two}, vault_version=0)",
        f"{two}, vault_version=1, vault_engine='kv1')",
        f"{two}, vault_version=9, vault_field='a')",
        f"{two}, vault_engine='pki')",
        f"{two}, vault_retries='many')",
        f"lookup('{VALUE}', '')",
        f"lookup('{VALUE}', 7)",
    )
    expected = [
        ("told/none: ", "told/two: secret/told/two has several fields", "a, b", "told/no: "),
        ("This lookup has no option vault_feild. Did you mean vault_field?",),
        ("version 0 of told/two: vault_version is 0, but versions count from 1.",),
        ("vault_version goes with vault_engine kv2, not with kv1",),
        ("version 9 of told/two: There is nothing at secret/told/two in Vault.",),
        ("Invalid value 'pki' for config 'vault_engine'",),
        ("vault_retries",),
        ("Term 1 of the lookup is empty or not a string.",),
        ("Term 1 of the lookup is empty or not a string.",),
    ]
    for text, parts in zip(said, expected, strict=True):
        for part in parts:
            assert part in text


def test_an_outage_is_told_once(lookups: Lookups) -> None:
    lookups.variables["ansible_hashi_vault_retries"] = 0
    lookups.world.vault.seal()
    try:
        (said,) = lookups.problems(f"query('{VALUE}', 'told/a', 'told/b')")
    finally:
        lookups.world.vault.unseal()
    assert "told/a, told/b: Vault at " in said
    assert said.count("is sealed. Unseal it") == 1


def test_leased_credentials_are_refused_and_revoked(lookups: Lookups, shop: Shop) -> None:
    before = shop.postgres.roles()
    (said,) = lookups.problems(
        f"lookup('{VALUE}', 'database/creds/shop', vault_engine='read', vault_format='json')"
    )
    assert "Each read of database/creds/shop (database/creds/shop) makes new credentials" in said
    assert "Those of this read were revoked at once." in said
    assert shop.postgres.roles() == before


# -- swarm_secret_name ----------------------------------------------------------------------------


def test_names_follow_rotations_and_rollbacks_by_one_request(lookups: Lookups) -> None:
    world = lookups.world
    world.secret("by_hand", "x")
    for value in ("one", "two"):
        world.put("name/db", password=value)
        world.put("name/other", password=value)
        world.rotate(vaulted("db", "name/db"), vaulted("db_v", "name/other"))
    ask = f"query('{NAME}', 'db', 'by_hand', 'db_v')"
    lookups.run({ask: ["db_v2", "by_hand", "db_v_v2"], f"lookup('{NAME}', 'db')": "db_v2"})
    world.rotate(vaulted("db", "name/db"), state="rolled_back")
    lookups.run({ask: ["db_v1", "by_hand", "db_v_v2"], f"query('{NAME}', [])": []})


def test_a_name_that_is_not_known_is_told_with_a_remedy(lookups: Lookups) -> None:
    lookups.world.put("name/db", password="x")
    lookups.world.rotate(vaulted("mysql_password", "name/db"))
    unknown, away = lookups.problems(
        f"query('{NAME}', 'mysql_password', 'mysql_pasword', 'zzz')",
        f"lookup('{NAME}', 'mysql_password', docker_host='unix:///nowhere')",
    )
    assert (
        "There is no Swarm secret to refer to: mysql_pasword is not known in this Swarm (there is"
        " mysql_password); zzz is not known in this Swarm. Name logical secrets, without _v and a"
        " number, and run swarm_secret_rotate for them first."
    ) in unknown
    assert "unix:///nowhere" in away
