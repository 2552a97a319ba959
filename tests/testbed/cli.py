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

from testbed import generations, images
from testbed.bed import Bed, remove_all
from testbed.engine import HostEngine
from testbed.errors import BedError
from testbed.imagetar import app_image
from testbed.openbao import OpenBao
from testbed.system import log, which


def main(arguments: c.Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except BedError as exc:
        log(str(exc))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m testbed", description="Real Swarm nodes and a real OpenBao on one machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: c.Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    up = command("up", _up, "start a bed, or leave the healthy one of that name as it is")
    up.add_argument("--name", default="dev")
    up.add_argument("--generation", default=generations.DEFAULT, choices=sorted(generations.GENERATIONS))
    up.add_argument("--managers", type=int, default=3)
    up.add_argument("--workers", type=int, default=1)
    up.add_argument("--no-vault", dest="vault", action="store_false", help="without an OpenBao")

    down = command("down", _down, "remove a bed without a trace")
    down.add_argument("--name", default="dev")
    down.add_argument("--all", action="store_true", help="every bed and OpenBao, also what a crash left")
    down.add_argument("--keep-engine", action="store_true", help="leave the testbed's own engine running: the next start is quicker")

    command("status", _status, "what is there")

    shell = command("shell", _shell, "a shell on a node (or one command there)")
    shell.add_argument("--name", default="dev")
    shell.add_argument("--node", default="m1", help="m1, m2, …, w1, …")
    shell.add_argument("command", nargs="*")

    env = command("env", _env, "print the variables that make docker and bao speak to a bed, for eval")
    env.add_argument("--name", default="dev")
    env.add_argument("--node", type=int, default=0)

    reset = command("reset", lambda options: _bed(options.name).reset(), "remove every service, secret and config of a bed")
    reset.add_argument("--name", default="dev")

    vault = command("vault", _vault, "start an OpenBao alone, without a Swarm")
    vault.add_argument("--name", default="vault")
    vault.add_argument("--down", action="store_true", help="remove it")

    build = command("images", _images, "build what is not in the cache yet")
    build.add_argument("--generation", action="append", choices=sorted(generations.GENERATIONS))
    build.add_argument("--prune", action="store_true", help="remove every cached image instead")
    return parser


def _up(options: argparse.Namespace) -> None:
    bed = Bed.up(options.name, options.generation, options.managers, options.workers, options.vault)
    print(_describe(bed))


def _down(options: argparse.Namespace) -> None:
    if options.all:
        for name in remove_all(options.keep_engine):
            print(f"removed {name}")
    else:
        Bed.remove(options.name, options.keep_engine)


def _status(_options: argparse.Namespace) -> None:
    engine = HostEngine.find()
    print("engine:", "none runs" if not engine else f"the testbed's own, {engine.url}" if engine.own else "the one that runs on this machine")
    for name in Bed.names():
        bed = Bed.find(name)
        print(_describe(bed) if bed else f"bed {name}: remains of a crash; remove them with: python -m testbed down --name {name}")
    from testbed import settings

    for directory in sorted(settings.vaults_dir().iterdir()):
        found = OpenBao.find(directory)
        if found:
            print(f"OpenBao {directory.name}: {found.url} ({'running' if found.running() else 'stopped'})")


def _describe(bed: Bed) -> str:
    lines = [f"bed {bed.name}: {bed.generation}, {'healthy' if bed.healthy() else 'not healthy'}"]
    lines += [f"  {node.name}  {node.role:8}  {node.docker_host}" for node in bed.nodes]
    lines += [f"  {name}={value}" for name, value in bed.environment().items() if name.endswith(("_ADDR", "_CERT_PATH", "_CACERT"))]
    lines.append(f"  ssh -i {bed.ssh_key} -o UserKnownHostsFile={bed.known_hosts} root@{bed.nodes[0].ip}")
    return "\n".join(lines)


def _shell(options: argparse.Namespace) -> None:
    bed = _bed(options.name)
    node = next((one for one in bed.nodes if one.name in (options.node, f"{bed.name}-{options.node}")), None)
    if not node:
        raise BedError(f"bed {bed.name!r} has no node {options.node!r}: there are {', '.join(one.name for one in bed.nodes)}")
    docker = which("docker")
    if docker:
        terminal = ["-it"] if sys.stdin.isatty() else ["-i"]
        host = ["--host", bed.engine.url] if bed.engine.url else []
        os.execv(docker, ["docker", *host, "exec", *terminal, node.name, *(options.command or ["bash"])])
    os.execvp("ssh", ["ssh", "-i", str(bed.ssh_key), "-o", f"UserKnownHostsFile={bed.known_hosts}", f"root@{node.ip}",
                      *(shlex.quote(part) for part in options.command)])


def _env(options: argparse.Namespace) -> None:
    for name, value in _bed(options.name).environment(options.node).items():
        print(f"export {name}={shlex.quote(value)}")


def _vault(options: argparse.Namespace) -> None:
    if options.down:
        found = OpenBao.find(options.name)
        if found:
            found.down()
        return
    for name, value in OpenBao.up(options.name).environment().items():
        print(f"export {name}={shlex.quote(value)}")


def _images(options: argparse.Namespace) -> None:
    if options.prune:
        for name in images.prune():
            print(f"removed {name}")
        return
    from testbed.bed import stop_unused_engine

    engine = HostEngine.ensure()
    for name in options.generation or sorted(generations.GENERATIONS):
        print(images.ensure_node_image(engine, generations.generation(name)))
    print(app_image())
    stop_unused_engine()


def _bed(name: str) -> Bed:
    found = Bed.find(name)
    if not found:
        raise BedError(f"there is no bed {name!r}: python -m testbed up --name {name}")
    return found
