# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program: from this folder to a plugin in an engine, or to a folder that holds one."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import typing as t
from pathlib import Path

from . import debian, packing, payload, rootfs
from .engine import Engine
from .errors import BuildError

DEBIAN = "debian-packages"
USUAL_BASE = "python:3.13-slim"
#: Where the Dockerfile puts what is staged.
PLACE = "opt/secretprovider"
MEGABYTE = 1_000_000
NAME = re.compile(r"[a-z0-9][a-z0-9._/:-]*")


def main(arguments: t.Sequence[str]) -> int:
    """Run the program; return its exit code."""
    options = parser().parse_args(arguments)
    try:
        build(options)
    except BuildError as error:
        print(f"build: {error}", file=sys.stderr)  # noqa: T201 - a program speaks to its user
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what understands the command line."""
    found = argparse.ArgumentParser(
        prog="build",
        description="Make the secretprovider plugin and create it in the engine of DOCKER_HOST.",
        epilog="The plugin is created disabled: README.md tells how to set and enable it.",
    )
    found.add_argument("name", metavar="NAME", type=_name, help="name of the plugin, with its tag")
    found.add_argument(
        "--base-image",
        metavar="IMAGE",
        default=DEBIAN if debian.available() else USUAL_BASE,
        help="an image with Python 3.9 or newer that the engine has or can pull, or "
        f"{DEBIAN}: Python from the packages of this machine's apt (here: %(default)s)",
    )
    found.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="write DIR/rootfs and DIR/config.json, and create no plugin",
    )
    found.add_argument(
        "--archive",
        metavar="FILE",
        type=Path,
        help="write the same as one tar archive, and create no plugin",
    )
    return found


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a valid name: lower-case letters, digits and . _ - / : only"
        )
    return text


def build(options: argparse.Namespace) -> None:
    """Do what the command line says.

    :raises BuildError: it cannot be done.
    """
    date = packing.source_date(os.environ)
    output: Path | None = options.output
    if output and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise BuildError(f"{output} is not an empty folder.", "Remove it, or name another.")
    file: Path | None = options.archive
    only_files = bool(output or file)
    with tempfile.TemporaryDirectory(prefix="secretprovider-") as folder:
        work = Path(folder)
        application = work / "app"
        payload.stage(application)
        packing.plain_modes(application)
        engine = Engine(application) if options.base_image != DEBIAN or not only_files else None
        if engine and not only_files:
            engine.check_free(options.name)  # before anything that takes long
        plugin = work / "plugin"
        plugin.mkdir()
        _make_rootfs(options.base_image, engine, work, plugin / "rootfs")
        _write_config(plugin)
        with (work / "plugin.tar").open("w+b") as archive:
            digest = packing.pack(plugin, archive, date)
            archive.seek(0)
            if output:
                packing.set_dates(plugin, date)
                shutil.copytree(plugin, output, symlinks=True, dirs_exist_ok=True)
            elif engine and not file:
                engine.create_plugin(options.name, archive)
        if file:
            _move(work / "plugin.tar", file)
        places = [str(place) for place in (output, file) if place]
        place = " and ".join(places) or f"the engine at {engine.host if engine else ''}"
        size = rootfs.size_of(plugin / "rootfs") / MEGABYTE
        _say(f"{options.name} is in {place}: {size:.1f} MB on {options.base_image}, {digest}")


def _move(made: Path, file: Path) -> None:
    """Let a file take its place as a whole: whoever finds it there finds all of it."""
    beside = file.with_name(f"{file.name}.unfinished")
    try:
        shutil.copyfile(made, beside)
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BuildError(
            f"{file} cannot be written: {error.strerror}.", "Name another place."
        ) from None


def _make_rootfs(base: str, engine: Engine | None, work: Path, target: Path) -> None:
    """Put the application on its base: as the Dockerfile says, or as it would."""
    if base == DEBIAN:
        packages = debian.unpack_packages(target, work)
        _say(f"unpacked {len(packages)} packages of Debian: {' '.join(packages)}")
        shutil.copytree(work / "app", target / PLACE)
    elif engine:
        context = work / "context"
        context.mkdir()
        shutil.copy(payload.FOLDER / "Dockerfile", context)
        (work / "app").rename(context / "app")
        with (work / "context.tar").open("w+b") as archive:
            packing.pack(context, archive, packing.FIRST_DATE)
            archive.seek(0)
            image = engine.build(archive, base)
        try:
            engine.read_image(image, target)
        finally:
            engine.remove_image(image)
    rootfs.tidy(target)


def _write_config(plugin: Path) -> None:
    """Write the plugin's configuration, with the interpreter that its base has."""
    config = json.loads((payload.FOLDER / "config.json").read_text(encoding="utf-8"))
    config["entrypoint"][0] = rootfs.find_python(plugin / "rootfs")
    file = plugin / "config.json"
    file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    file.chmod(0o644)


def _say(text: str) -> None:
    print(f"build: {text}", flush=True)  # noqa: T201 - a program speaks to its user
