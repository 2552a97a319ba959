# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: python -m testbed …"""

from __future__ import annotations

import argparse
import collections.abc as c
import os
import shlex
import sys

from testbed import images, removal, settings
from testbed.bed import Bed
from testbed.engine import IN_USE, HostEngine
from testbed.errors import BedError
from testbed.generations import DEFAULT, GENERATIONS, find_generation
from testbed.imagetar import app_image
from testbed.locks import in_use
from testbed.openbao import OpenBao
from testbed.system import log, need, which


def main(arguments: c.Sequence[str] | None = None) -> int:
    """Run one command; give the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except BedError as error:
        log(str(error))
        return 1
    finally:
        settings.tidy()
    return 0


def _parser() -> argparse.ArgumentParser:
    about = "Real Swarm nodes and a real OpenBao on one machine."
    parser = argparse.ArgumentParser(prog="python -m testbed", description=about)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(run: c.Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        name = run.__name__.removeprefix("_")
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    def of_bed(run: c.Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        command = add(run, text)
        command.add_argument("--name", default="dev", help="of the bed (default: dev)")
        return command

    up = of_bed(_up, "start a bed, or leave the healthy one of that name as it is")
    up.add_argument("--generation", default=DEFAULT, choices=sorted(GENERATIONS))
    up.add_argument("--managers", type=int, default=3, metavar="N")
    up.add_argument("--workers", type=int, default=1, metavar="N")
    up.add_argument("--no-vault", dest="vault", action="store_false", help="without an OpenBao")

    down = of_bed(_down, "remove a bed without a trace")
    down.add_argument("--all", action="store_true", help="everything, also what a crash left")
    quicker = "leave the testbed's own engine running: the next start is quicker"
    down.add_argument("--keep-engine", action="store_true", help=quicker)

    add(_status, "tell what there is")
    of_bed(_reset, "remove every service, secret, config and network; revive every node")

    shell = of_bed(_shell, "open a shell on a node, or run one command there")
    shell.add_argument("--node", default="m1", help="m1, m2, …, w1, … (default: m1)")
    shell.add_argument("command", nargs="*")

    env = of_bed(_env, "print what makes docker, bao and vault speak to a bed, for eval")
    env.add_argument("--node", default="m1", help="m1, m2, …, w1, … (default: m1)")

    vault = add(_vault, "start an OpenBao alone; print what makes bao and vault speak to it")
    vault.add_argument("--name", default="vault", help="(default: vault)")
    vault.add_argument("--down", action="store_true", help="remove it instead")

    build = add(_images, "build what is not in the cache yet")
    build.add_argument("--generation", action="append", choices=sorted(GENERATIONS))
    build.add_argument("--prune", action="store_true", help="remove every cached image instead")
    return parser


def _up(options: argparse.Namespace) -> None:
    size = (options.managers, options.workers)
    print(_describe(Bed.up(options.name, options.generation, *size, vault=options.vault)))


def _down(options: argparse.Namespace) -> None:
    if options.all:
        for what in removal.remove_all(Bed.names(), keep_engine=options.keep_engine):
            print(f"removed {what}")
    else:
        Bed.remove(options.name, keep_engine=options.keep_engine)


def _status(_options: argparse.Namespace) -> None:
    engine = HostEngine.find()
    if engine:
        whose = "started by the testbed" if engine.own else "found running"
        print(f"engine: {engine.url} ({whose})")
    for name in Bed.names():
        bed = Bed.find(name)
        print(_describe(bed) if bed else f"bed {name}: remains; `down --name {name}` removes them")
    for bao in OpenBao.all():
        if OpenBao.find(bao.directory):
            state = "running" if bao.running() else "stopped"
            print(f"OpenBao {bao.directory.name}: {bao.url} ({state})")


def _reset(options: argparse.Namespace) -> None:
    _bed(options.name).reset()


def _shell(options: argparse.Namespace) -> None:
    bed = _bed(options.name)
    node = bed.node(options.node)
    docker = which("docker")
    sys.stdout.flush()
    if docker:
        terminal = ["--interactive", "--tty"] if sys.stdin.isatty() else ["--interactive"]
        words = options.command or ["bash"]
        command = [docker, "--host", bed.engine.url, "exec", *terminal, node.name, *words]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    else:
        need({"ssh": "openssh-client"}, "a shell on a node, without a docker program,")
        host = ["-o", f"UserKnownHostsFile={bed.known_hosts}", f"root@{node.ip}"]
        command = ["ssh", "-i", str(bed.ssh_key), *host, shlex.join(options.command)]
        environment = dict(os.environ)
    os.execvpe(command[0], command, environment)  # noqa: S606 - a shell is what it is for


def _env(options: argparse.Namespace) -> None:
    _print_exports(_bed(options.name).environment(options.node))


def _vault(options: argparse.Namespace) -> None:
    if options.down:
        found = OpenBao.find(options.name)
        if found:
            found.down()
    else:
        _print_exports(OpenBao.up(options.name).environment())


def _images(options: argparse.Namespace) -> None:
    if options.prune:
        for name in images.prune():
            print(f"removed {name}")
        return
    with in_use(IN_USE):
        engine = HostEngine.ensure()
        for name in options.generation or sorted(GENERATIONS):
            print(images.ensure_node_image(engine, find_generation(name)))
        print(app_image())
    engine.stop_if_unused()


def _bed(name: str) -> Bed:
    found = Bed.find(name)
    if not found:
        raise BedError(f"there is no bed {name!r}: python -m testbed up --name {name}")
    return found


def _describe(bed: Bed) -> str:
    state = "healthy" if bed.healthy() else "not healthy"
    variables = bed.environment()
    shown = ("DOCKER_CERT_PATH", "BAO_ADDR", "BAO_CACERT")
    ssh = f"ssh -i {bed.ssh_key} -o UserKnownHostsFile={bed.known_hosts} root@{bed.nodes[0].ip}"
    return "\n".join(
        [
            f"bed {bed.name}: {bed.generation}, {state}",
            *(f"  {node.name}  {node.role:8}  {node.docker_host}" for node in bed.nodes),
            *(f"  {name}={variables[name]}" for name in shown if name in variables),
            f"  {ssh}",
        ]
    )


def _print_exports(variables: c.Mapping[str, str]) -> None:
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
