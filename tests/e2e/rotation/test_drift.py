# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Consumers that went back to an older version, or were never on the current one."""

from __future__ import annotations

import json

from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import Attachment

from tests.e2e.support.world import IMAGE, World, digest, vaulted

STACK_FILE = "/root/stack.json"


def _stack(world: World, version: str) -> None:
    stack = {
        "version": "3.8",
        "services": {
            "web": {
                "image": IMAGE,
                "command": ["/app.sh"],
                "secrets": [{"source": "db", "target": "password"}],
                "deploy": {"update_config": {"monitor": "500ms"}},
            }
        },
        "secrets": {"db": {"external": True, "name": version}},
    }
    manager = world.bed.managers[0]
    manager.put(STACK_FILE, json.dumps(stack))
    manager.exec(["docker", "stack", "deploy", "-c", STACK_FILE, "shop"])
    world.wait_running("shop_web")


def test_a_stack_redeploy_that_put_an_old_reference_back_is_repaired_and_explained(
    any_world: World,
) -> None:
    world = any_world
    world.put("drift/db", password="one")
    request = vaulted("db", "drift/db")
    world.rotate(request)
    _stack(world, "db_v1")
    world.put("drift/db", password="two")
    world.rotate(request)
    assert world.references("shop_web") == {"password": "db_v2"}
    _stack(world, "db_v1")

    report = world.rotate(request)

    assert [s.action for s in report.secrets] == ["unchanged"]
    (service,) = report.services
    assert (service.name, service.state) == ("shop_web", "converged")
    assert "drift" in service.reason
    assert world.references("shop_web") == {"password": "db_v2"}
    assert world.shown("shop_web", "password") == {digest("two")}


def test_a_secret_is_attached_to_services_that_do_not_have_it_and_only_once(world: World) -> None:
    world.secret("own", "x")
    world.service("web", {"own": "own"})
    world.service("api")
    world.put("attach/db", password="one")
    attachments = (Attachment("web", uid="7", gid="8", mode=0o400), Attachment("api", target="pw"))
    request = vaulted("db", "attach/db", attachments=attachments)

    world.rotate(request)

    assert world.references("web") == {"own": "own", "db": "db_v1"}
    assert world.references("api") == {"pw": "db_v1"}
    container = world.inspect("web")["Spec"]["TaskTemplate"]["ContainerSpec"]
    files = [secret["File"] for secret in container["Secrets"]]
    assert {"Name": "db", "UID": "7", "GID": "8", "Mode": 0o400} in files
    assert not world.rotate(request).changed
    world.put("attach/db", password="two")
    world.rotate(request)
    assert world.references("web") == {"own": "own", "db": "db_v2"}
    assert world.shown("api", "pw") == {digest("two")}
