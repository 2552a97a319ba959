# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values are what the user meant, or the task fails and says how to write them.

The tasks are real YAML, as YAML is what makes 0620 of 400 and a boolean of no.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from tests.e2e.support.canary import Canaries
from tests.e2e.support.controller import BIN, GROUP, MODULE, Controller, Run, play, rotating
from tests.e2e.support.reach import over_tcp, to_vault_from_node, trust_vault, write_inventory
from tests.e2e.support.snapshot import snapshot
from tests.e2e.support.world import World, digest

if t.TYPE_CHECKING:
    from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Refused:
    """What is written below ``secrets``, and what the message has to say of it."""

    case: str
    written: str
    says: tuple[str, ...]


def attached(options: str, name: str = "db") -> str:
    return f"[{{name: {name}, data: a-value, services: [{{name: web, {options}}}]}}]"


UNIX_NAME = "is not a number from 0 to 4294967294, and the engine does not look names up"
TO_JSON = "Give a mapping or a list through the to_json filter"

REFUSED = {
    "a name as the owner": Refused(
        "N5",
        attached("uid: www-data"),
        (f"uid 'www-data' {UNIX_NAME}", "'id -u NAME'", "db: ", "web"),
    ),
    "a name as the group": Refused("N5", attached("gid: staff"), (f"gid 'staff' {UNIX_NAME}",)),
    "an owner below zero": Refused("N5", attached("uid: -1"), ("uid '-1' is not a number",)),
    "a hexadecimal owner": Refused("N5", attached("uid: '0x21'"), ("uid '0x21' is not a number",)),
    "an empty owner": Refused("N5", attached("uid: ''"), ("uid '' is not a number",)),
    "a mode without quotes": Refused(
        "N6", attached("mode: 400"), ("service web of db is the integer 400", '"0400"', "Quote it")
    ),
    "a mode without quotes that YAML reads as octal, but may be a decimal number": Refused(
        "N6", attached("mode: 0640"), ("the integer 416", "0640 or 0416", "Quote it")
    ),
    "a path that another secret of the service has": Refused(
        "N7",
        attached("target: /run/secrets/pw"),
        ("db: ", "/run/secrets/pw", "web has secret by_hand already", "another target"),
    ),
    "one path for two secrets": Refused(
        "N7",
        "[{name: db, data: a-value, services: [{name: web, target: key}]},"
        " {name: api, data: a-value, services: [{name: web, target: /run/secrets/./key}]}]",
        ("api: ", "/run/secrets/key", "web is to get secret db as well"),
    ),
    "the path of a config": Refused(
        "N7", attached("target: /etc//app.ini"), ("/etc/app.ini", "web has config ini already")
    ),
    "the path of a mount": Refused(
        "N7", attached("target: /scratch"), ("/scratch", "web has a tmpfs mount already")
    ),
    "a field that YAML makes a boolean of": Refused(
        "N8",
        "[{name: db, vault_path: a/path, vault_field: no}]",
        ("vault_field of db is a boolean, not text", "in quotes"),
    ),
    "a field that YAML makes another number of": Refused(
        "N8",
        "[{name: db, vault_path: a/path, vault_field: 1.10}]",
        ("vault_field of db is a number, not text", "in quotes"),
    ),
    "a name that YAML makes another number of": Refused(
        "N8",
        "[{name: 010, data: a-value}]",
        ("name of entry 1 of secrets is a number", "in quotes"),
    ),
    "data that is a mapping": Refused(
        "N8", "[{name: db, data: {user: shop, password: a-value}}]", ("of db is a mapping", TO_JSON)
    ),
    "data that is a list": Refused(
        "N8", "[{name: db, data: [a-value]}]", ("of db is a list", TO_JSON)
    ),
    "data that is a boolean": Refused(
        "N8", "[{name: db, data: no}]", ("of db is a boolean", "in quotes")
    ),
    "data that is a number": Refused(
        "N8", "[{name: db, data: 1.10}]", ("of db is a number", "in quotes")
    ),
    "data that a template makes a mapping": Refused(
        "N8", '[{name: db, data: "{{ {1: 2} }}"}]', ("of db is a mapping", TO_JSON)
    ),
}


def playbook(tasks: t.Mapping[str, str], more: str = "") -> bytes:
    """Return a playbook with one task for each text of ``secrets``."""
    lines = ["- hosts: localhost", "  gather_facts: false", "  module_defaults:"]
    lines += [f"    {GROUP}: '{{{{ connection }}}}'", "  tasks:"]
    for name, secrets in tasks.items():
        lines += [f"    - name: {name}", f"      {MODULE}:", f"        secrets: {secrets}", more]
    return "\n".join(lines).encode()


def run_yaml(
    world: World,
    controller: Controller,
    inventory: Path,
    text: bytes,
    *options: str,
) -> Run:
    """Run a playbook that is given as its text."""
    return controller.run(
        "playbook.yml",
        *options,
        inventory=inventory,
        variables={"connection": over_tcp(world.bed)},
        files={"playbook.yml": text},
    )


@pytest.mark.case("N5", "N6", "N7", "N8")
def test_what_cannot_be_meant_is_refused_with_the_remedy_before_anything_changes(
    world: World, controller: Controller, inventory: Path
) -> None:
    world.secret("by_hand", "by hand")
    config = world.client.create_config("ini", b"x")["ID"]
    file = {"Name": "/etc/app.ini", "UID": "0", "GID": "0", "Mode": 0o444}
    world.service(
        "web",
        {"pw": "by_hand"},
        container={
            "Configs": [{"ConfigID": config, "ConfigName": "ini", "File": file}],
            "Mounts": [{"Type": "tmpfs", "Target": "/scratch"}],
        },
    )
    before = snapshot(world)
    text = playbook(
        {name: refused.written for name, refused in REFUSED.items()},
        "      ignore_errors: true",
    )

    run = run_yaml(world, controller, inventory, text)

    assert snapshot(world) == before
    for name, refused in REFUSED.items():
        task = run.task(name)
        assert task.failed, name
        for part in ("Nothing was changed", *refused.says):
            assert part in task.msg, f"{refused.case}: {name}"


def sealed(controller: Controller, folder: Path, text: str) -> tuple[str, Path]:
    """Return a text as ``ansible-vault`` encrypts it, and the file with the password for that."""
    file, key = folder / "sealed", folder / "key"
    file.write_text(text)
    key.write_text("a key")
    encrypt = [str(BIN / "ansible-vault"), "encrypt", f"--vault-password-file={key}", str(file)]
    controller.call(encrypt)
    return file.read_text(), key


@pytest.mark.case("N5", "N6", "N8")
def test_what_is_meant_gets_there(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> None:
    password = canaries.lines("kept in a vault")
    encrypted, key = sealed(controller, tmp_path, password)
    lines = "\n".join(f"              {line}" for line in encrypted.split("\n"))
    world.service("web")
    text = f"""
- hosts: localhost
  gather_facts: false
  module_defaults:
    {GROUP}: '{{{{ connection }}}}'
  tasks:
    - name: Rotate
      {MODULE}:
        secrets:
          - name: sealed
            services: [{{name: web, mode: 0400, uid: 33, gid: 1}}]
            data: !vault |
{lines}
          - name: whole
            services: [{{name: web, mode: "{{{{ '440' }}}}", uid: "4294967294"}}]
            data: "{{{{ {{'port': 5432}} | to_json }}}}"
"""

    run = run_yaml(world, controller, inventory, text.encode(), f"--vault-password-file={key}")

    assert run.code == 0, run.output
    assert world.shown("web", "sealed") == {digest(password)}
    assert world.shown("web", "whole") == {digest('{"port": 5432}')}
    container = world.inspect("web")["Spec"]["TaskTemplate"]["ContainerSpec"]
    written = {entry["File"]["Name"]: entry["File"] for entry in container["Secrets"]}
    wanted = {"sealed": ("33", "1", 0o400), "whole": ("4294967294", "0", 0o440)}
    for target, (uid, gid, mode) in wanted.items():
        file = written[target]
        assert (file["UID"], file["GID"], file["Mode"]) == (uid, gid, mode)


@pytest.mark.case("N8")
def test_nothing_of_refused_data_is_left_anywhere(
    oldest_world: World, controller: Controller
) -> None:
    canaries = Canaries()
    bed = oldest_world.bed
    trust_vault(bed)
    inventory = write_inventory(bed, controller.directory / "oldest.json")
    number = 7_364_519_820_463
    canaries.watch("a number", str(number))
    data: dict[str, t.Any] = {
        "mapping": {
            canaries.lines("a key"): canaries.lines("a value"),
            "nested": {canaries.value("a nested key"): [canaries.lines("a nested value"), number]},
        },
        "list": [canaries.lines("an item"), {canaries.value("a key in a list"): number}],
        "number": number,
    }
    secrets = [{"name": name, "data": f"{{{{ refused['{name}'] }}}}"} for name in data]
    task = rotating(**to_vault_from_node(bed), secrets=secrets)

    run = controller.run(
        [play(task, hosts="swarm_managers[0]")],
        "-vvvv",
        "--diff",
        inventory=inventory,
        variables={"refused": data},
    )

    assert run.rotation.failed
    for name in data:
        assert f"the data of {name} is a {name}, not text" in run.rotation.msg
    assert canaries.found_in(run.output) == []
    assert canaries.found_in(repr(run.results)) == []
    manager = bed.managers[0]
    journal = manager.exec(["journalctl", "--no-pager", "--all", "-g", "Invoked with"]).stdout
    assert "swarm_secret_rotate" in journal
    for node in bed.nodes:
        assert canaries.found_on(node) == ""
    assert canaries.found_below(controller.home) == {}
    assert canaries.found_below(controller.tmp) == {}
