# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hooks that the collection brings as examples, as they stand there."""

from __future__ import annotations

import typing as t

import pytest

from testbed.postgres_server import program
from tests.e2e.support.canary import Canaries, ProcessWatch
from tests.e2e.support.reach import to_vault_from_node
from tests.e2e.support.shop import DATABASE, MEMBERS, Shop
from tests.e2e.support.world import World, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.controller import Controller, Run

USERS = ("shop_a", "shop_b")
PATH = "two-users/db"
SECRETS = [
    {"name": f"db_{field}", "vault_path": PATH, "vault_field": field}
    for field in ("user", "password")
]
EXAMPLES = "tasks/examples"

Rotate = t.Callable[..., "Run"]


@pytest.fixture
def two_users(shop: Shop, canaries: Canaries) -> t.Iterator[Shop]:
    """Two users of the database, of which services in two waves log in as the first."""
    for user in USERS:
        shop.postgres.sql(f"create role {user} login in role {MEMBERS}")
    password = canaries.value("two users, first")
    shop.postgres.sql(f"alter role {USERS[0]} password '{password}'")
    shop.world.put(PATH, user=USERS[0], password=password, comment="kept")
    shop.world.rotate(*(vaulted(one["name"], PATH, one["vault_field"]) for one in SECRETS))
    shop.service("front", replicas=2)
    shop.service("back", labels={"swarmvault.wave": "1"})
    yield shop
    shop.close_services()
    for user in USERS:
        shop.postgres.sql(f"drop role {user}")


@pytest.fixture
def rotate(two_users: Shop, controller: Controller, inventory: Path, canaries: Canaries) -> Rotate:
    """Run the playbook with the hooks that have two users in turn."""
    postgres = two_users.postgres
    admin = [f"--host={postgres.socket}", f"--port={postgres.port}", f"--username={postgres.user}"]
    connection = {
        **to_vault_from_node(two_users.world.bed),
        "vault_token": two_users.world.vault.root_token,
    }
    hooks = ("before", "verdict", "after")

    def run(**variables: t.Any) -> Run:
        done = controller.run(
            "swarmvault.secrets.rotate",
            "-vvvv",
            inventory=inventory,
            variables={
                **{f"swarmvault_{key}": value for key, value in connection.items()},
                **{f"swarmvault_{one}_tasks": f"{EXAMPLES}/two_users_{one}.yml" for one in hooks},
                "swarmvault_secrets": SECRETS,
                "two_users_names": USERS,
                "two_users_path": PATH,
                "two_users_database_host": "localhost",
                "two_users_become_user": "",
                "two_users_admin": [str(program("psql")), *admin, f"--dbname={DATABASE}"],
                "two_users_login": f"host=127.0.0.1 port={postgres.port} dbname={DATABASE}",
                **variables,
            },
        )
        canaries.watch("two users", in_vault(two_users)["password"])
        return done

    return run


def in_vault(shop: Shop) -> dict[str, str]:
    """Return what the path of the services holds."""
    found = shop.bao.client().secrets.kv.v2.read_secret_version(PATH, raise_on_deleted_version=True)
    return dict(found["data"]["data"])


def ends(shop: Shop) -> dict[str, bool]:
    """Return for each user whether its password will end by itself."""
    rows = shop.postgres.sql(
        "select rolname, rolvaliduntil < 'infinity' from pg_roles"
        " where rolname in ('shop_a', 'shop_b') order by 1"
    )
    return {name: ended == "t" for name, ended in rows}


def test_of_two_users_in_turn_no_login_fails_while_the_password_changes(
    two_users: Shop, rotate: Rotate, canaries: Canaries
) -> None:
    shop = two_users
    with ProcessWatch() as watch:
        first = rotate(two_users_now=True, two_users_old_valid_for="1 hour")
        shop.wait_for_login("shop_b")
    assert first.code == 0, first.output
    assert canaries.found_in(watch.seen) == []
    assert in_vault(shop) == {**in_vault(shop), "user": "shop_b", "comment": "kept"}
    for service in ("front", "back"):
        assert shop.world.references(service) == {
            "db_user": "db_user_v2",
            "db_password": "db_password_v2",
        }
    assert ends(shop) == {"shop_a": True, "shop_b": False}

    # By age, it is the other's turn.
    second = rotate(two_users_max_age="0")
    assert second.code == 0, second.output
    assert in_vault(shop)["user"] == "shop_a"
    assert ends(shop) == {"shop_a": False, "shop_b": False}
    shop.wait_for_login("shop_a")

    assert shop.failed_logins() == {}


def test_a_new_password_that_nobody_can_log_in_with_goes_back_and_harms_nobody(
    two_users: Shop, rotate: Rotate
) -> None:
    shop = two_users
    # The services do not notice: they log in elsewhere.
    refused = rotate(two_users_now=True, two_users_login="host=127.0.0.1 port=1 dbname=shop")
    assert refused.code != 0
    assert "The verdict failed: shop_b cannot log in" in refused.results[-1].msg
    assert shop.world.references("front") == {
        "db_user": "db_user_v1",
        "db_password": "db_password_v1",
    }

    # What services run keeps its password: it is the other's turn once more.
    again = rotate(two_users_now=True)
    assert again.code == 0, again.output
    assert in_vault(shop)["user"] == "shop_b"
    assert shop.world.references("back")["db_user"] == "db_user_v3"
    shop.wait_for_login("shop_b")
    assert shop.failed_logins() == {}


def test_a_new_value_is_made_when_it_is_time_and_no_write_of_somebody_else_is_lost(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    path = "new-value/api"
    world.put(path, key=canaries.value("new value, first"), owner="shop")
    world.rotate(vaulted("api_key", path, "key"))
    world.service("web", {"api_key": "api_key_v1"})
    connection = {**to_vault_from_node(world.bed), "vault_token": world.vault.root_token}

    def run(**variables: t.Any) -> Run:
        done = controller.run(
            "swarmvault.secrets.rotate",
            "-vvvv",
            inventory=inventory,
            variables={
                **{f"swarmvault_{key}": value for key, value in connection.items()},
                "swarmvault_names": "api_key",
                "swarmvault_before_tasks": f"{EXAMPLES}/new_value_before.yml",
                "new_value_path": path,
                "new_value_field": "key",
                **variables,
            },
        )
        found = world.vault.client().secrets.kv.v2.read_secret_version(
            path, raise_on_deleted_version=True
        )
        canaries.watch("new value", found["data"]["data"]["key"])
        assert found["data"]["data"]["owner"] == "shop"
        return done

    made = run(new_value_now=True)
    assert made.code == 0, made.output
    assert world.references("web") == {"api_key": "api_key_v2"}
    quiet = run(new_value_max_age="86400", new_value_now="")
    assert quiet.code == 0, quiet.output
    assert quiet.rotation["changed"] is False
    assert world.references("web") == {"api_key": "api_key_v2"}
