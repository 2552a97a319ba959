# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A base from Debian's own packages: Python and what it needs, unpacked, without a shell.

What distroless images are made of, had from the apt of this machine: no registry is asked, and
apt checks the packages against the signatures of the archive.
"""

from __future__ import annotations

import re
import shutil
import tarfile
from pathlib import Path

from . import commands, rootfs
from .errors import BuildError

WANTED = ("python3-minimal", "libpython3-stdlib", "ca-certificates")
#: Needed to install or set up packages, not to run them: apt is told that they are there, and so
#: it does not ask for what only they need.
PRETENDED = ("debconf", "dpkg", "openssl", "perl-base", "readline-common", "tzdata")

#: Programs and data of the packages that no plugin uses.
UNNEEDED = (
    "usr/lib/*/gconv",
    "usr/lib/*/audit",
    "usr/lib/*/engines-*",
    "usr/lib/python3",
    "usr/lib/python3.*/config-*",
    "usr/lib/python3.*/ensurepip",
    "usr/lib/python3.*/idlelib",
    "usr/lib/python3.*/lib2to3",
    "usr/lib/python3.*/pydoc_data",
    "usr/lib/python3.*/test",
    "usr/lib/python3.*/tkinter",
    "usr/lib/python3.*/turtledemo",
    "usr/lib/valgrind",
    "usr/sbin",
    "usr/share/applications",
    "usr/share/bash-completion",
    "usr/share/binfmts",
    "usr/share/bug",
    "usr/share/debconf",
    "usr/share/doc-base",
    "usr/share/gcc*",
    "usr/share/gdb",
    "usr/share/keyrings",
    "usr/share/menu",
    "usr/share/perl5",
    "usr/share/pixmaps",
    "usr/share/python3",
)
KEPT_PROGRAM = re.compile(r"python3(?:\.\d+)?")

CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
FILES = {
    "etc/passwd": "root:x:0:0:root:/:/nonexistent\nnobody:x:65534:65534:nobody:/:/nonexistent\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}

REMEDY = "Run 'apt-get update' as root, or use another base: --base-image python:3.13-slim"


def available() -> bool:
    """Tell whether this machine has what it takes."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


def unpack_packages(target: Path, work: Path) -> list[str]:
    """Make the base: download the packages, unpack them, leave out what is not needed to run.

    :param target: a folder that becomes the root file system.
    :param work: a folder for what is only needed meanwhile.
    :return: the packages, as ``name=version``.
    :raises BuildError: this is no Debian, or apt fails.
    """
    if not available():
        raise BuildError(
            "--base-image debian-packages takes Debian's packages from apt, and this machine has "
            "no apt-get and dpkg-deb.",
            "Build on Debian or Ubuntu, or use another base: --base-image python:3.13-slim",
        )
    chosen = _choose(work)
    downloads = work / "packages"
    downloads.mkdir()
    sandbox = ["-o", "APT::Sandbox::User=root"]  # apt's own user cannot write into our folder
    commands.run(["apt-get", *sandbox, "download", "-qq", *chosen], REMEDY, cwd=downloads)
    target.mkdir()
    for package in sorted(downloads.glob("*.deb")):
        content = work / "content.tar"
        commands.run(["dpkg-deb", "--fsys-tarfile", str(package)], REMEDY, to=content)
        with tarfile.open(content) as archive:
            rootfs.unpack(archive, target, merged_usr=True)
    _finish(target)
    return chosen


def _choose(work: Path) -> list[str]:
    """Let apt work out what has to be there, as if nothing was."""
    architecture = commands.run(["dpkg", "--print-architecture"], REMEDY).strip()
    status = work / "status"
    status.write_text(pretended_status(architecture), encoding="utf-8")
    settings = {"Dir::State::status": str(status), "Debug::NoLocking": "1"}
    settings |= {
        "APT::Install-Recommends": "0",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
    }
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    answer = commands.run(["apt-get", *options, "--simulate", "install", *WANTED], REMEDY)
    return chosen_packages(answer)


def pretended_status(architecture: str) -> str:
    """Return what dpkg would write of a machine that has nothing but what is not needed."""
    stanza = (
        "Package: {name}\nStatus: install ok installed\nArchitecture: {architecture}\n"
        "Multi-Arch: foreign\nVersion: 99:0\nMaintainer: none\nDescription: not needed\n\n"
    )
    return "".join(stanza.format(name=name, architecture=architecture) for name in PRETENDED)


def chosen_packages(simulation: str) -> list[str]:
    """Return what apt would install, as ``name=version``, from what ``--simulate`` prints."""
    found = re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) ", simulation, re.MULTILINE)
    return sorted(f"{name}={version}" for name, version in found)


def _finish(target: Path) -> None:
    """Do what the packages' scripts would have done, and take out what is not needed."""
    authorities = sorted((target / "usr/share/ca-certificates").rglob("*.crt"))
    bundle = target / CERTIFICATES
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_text("".join(map(_text, authorities)), encoding="utf-8")
    # Where OpenSSL looks.
    links = {"usr/lib/ssl/certs": "/etc/ssl/certs", "usr/lib/ssl/cert.pem": f"/{CERTIFICATES}"}
    for name in rootfs.MERGED:
        if (target / "usr" / name).exists():
            links[name] = f"usr/{name}"
    for name, place in links.items():
        rootfs.remove(target / name)
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).symlink_to(place)
    for name, text in FILES.items():
        (target / name).write_text(text, encoding="utf-8")
    for pattern in (*UNNEEDED, "usr/share/ca-certificates"):
        for path in target.glob(pattern):
            rootfs.remove(path)
    for program in (target / "usr/bin").iterdir():
        if not KEPT_PROGRAM.fullmatch(program.name):
            rootfs.remove(program)


def _text(certificate: Path) -> str:
    return certificate.read_text(encoding="utf-8").strip() + "\n"
