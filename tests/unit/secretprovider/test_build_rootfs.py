# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin's root file system: filled from any archive, without a way out; its Python is found."""

from __future__ import annotations

import io
import tarfile
import typing as t
from pathlib import Path

import pytest
from builder import rootfs
from builder.errors import BuildError

FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def archive(*members: tuple[str, bytes, str, int]) -> tarfile.TarFile:
    """Give an archive of (name, type, content or where a link leads, mode), to be read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, text, mode in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, mode
            if kind == FILE:
                member.size = len(text.encode())
            else:
                member.linkname = text
            tar.addfile(member, io.BytesIO(text.encode()))
    buffer.seek(0)
    return tarfile.open(fileobj=buffer, mode="r|")


def test_files_folders_and_links_are_written(tmp_path: Path) -> None:
    members = archive(
        ("./usr", FOLDER, "", 0o555),
        ("usr/su", FILE, "text", 0o4755),
        ("usr/none", FILE, "", 0),
        ("/usr/again", HARD, "usr/su", 0o755),
        ("usr/link", LINK, "/nowhere", 0o777),
        ("usr/null", tarfile.CHRTYPE, "", 0o666),
    )
    rootfs.unpack(members, tmp_path)
    assert sorted(path.name for path in (tmp_path / "usr").iterdir()) == [
        *("again", "link", "none", "su")
    ]
    # Nobody gains rights; and who builds can go on, though not root.
    modes = {path.name: path.lstat().st_mode & 0o7777 for path in tmp_path.rglob("[!l]*")}
    assert modes == {"usr": 0o755, "su": 0o755, "again": 0o755, "none": 0o400}
    assert (tmp_path / "usr/again").read_text() == "text"
    assert str((tmp_path / "usr/link").readlink()) == "/nowhere"


@pytest.mark.parametrize(
    "members",
    [
        [("../out", FILE, "", 0o644)],
        [("usr/../../out", FILE, "", 0o644)],
        [("usr", LINK, "/tmp", 0o777), ("usr/out", FILE, "", 0o644)],
        [("usr", LINK, "..", 0o777), ("usr/out", FILE, "", 0o644)],
        [("out", HARD, "../../etc/passwd", 0o644)],
    ],
)
def test_no_archive_leads_out(members: list[t.Any], tmp_path: Path) -> None:
    below = tmp_path / "rootfs"
    with pytest.raises(BuildError, match=r"leads out of it|below a symbolic link"):
        rootfs.unpack(archive(*members), below)
    assert not (tmp_path / "out").exists()


def test_no_link_is_written_or_read_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    (outside / "secret").write_text("of this machine")
    members = archive(
        ("folder", LINK, str(outside), 0o777),
        ("folder", FOLDER, "", 0o777),
        ("file", LINK, str(outside / "secret"), 0o777),
        ("twin", HARD, "file", 0o777),
        ("file", FILE, "other", 0o644),
    )
    rootfs.unpack(members, tmp_path / "rootfs")
    assert outside.stat().st_mode & 0o777 == 0o700
    assert (outside / "secret").read_text() == "of this machine"
    assert (tmp_path / "rootfs/twin").is_symlink()
    assert not (tmp_path / "rootfs/folder").is_symlink()


def test_what_older_packages_keep_outside_of_usr_is_put_there(tmp_path: Path) -> None:
    members = archive(
        ("./lib/", FOLDER, "", 0o755),
        ("./lib/x/libz.so.1.2", FILE, "z", 0o644),
        ("./lib/x/libz.so.1", LINK, "libz.so.1.2", 0o777),
        ("./etc/lib", FILE, "", 0o644),
    )
    rootfs.unpack(members, tmp_path, merged_usr=True)
    assert (tmp_path / "usr/lib/x/libz.so.1").read_text() == "z"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["etc", "usr"]


def place(folder: Path, *files: str, **links: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    for name, target in links.items():
        link = folder / name.replace("__", "/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    return folder


@pytest.mark.parametrize(
    ("files", "links", "found"),
    [
        # Docker's own image
        (["usr/local/bin/python3.13"], {"usr__local__bin__python3": "python3.13"}, "/usr/local"),
        # distroless, Debian
        (["usr/bin/python3.11"], {"usr__bin__python3": "python3.11"}, "/usr"),
        (["usr/bin/python3.9"], {"usr__bin__python3": "/usr/bin/python3.9"}, "/usr"),
        # by alternatives, through a link that leads to a folder
        (
            ["opt/py/bin/python3.12"],
            {"usr__bin__python3": "/etc/alt/bin/python3.12", "etc__alt": "../opt/py"},
            "/usr",
        ),
        (["usr/bin/python3"], {}, "/usr"),
        (["bin/python3"], {}, ""),
        # both: the image's own, not one that came along with a package
        (["usr/local/bin/python3", "usr/bin/python3"], {}, "/usr/local"),
    ],
)
def test_python_is_found_in_every_base(
    files: list[str], links: dict[str, str], found: str, tmp_path: Path
) -> None:
    assert rootfs.find_python(place(tmp_path, *files, **links)) == f"{found}/bin/python3"


@pytest.mark.parametrize(
    ("links", "said"),
    [
        ({}, "The base has no Python: none of /usr/local/bin/python3, .* Use a base image with"),
        ({"usr__bin__python3": "python3"}, "no Python"),
        ({"usr__bin__python3": "../../../../python3.11"}, "no Python"),
        ({"usr__bin__python3": "python3.8"}, r"has Python 3\.8; the plugin needs 3\.9 or newer"),
    ],
)
def test_a_base_without_a_python_that_does_is_refused(
    links: dict[str, str], said: str, tmp_path: Path
) -> None:
    # Beside it, where a link that climbs must not get to.
    place(tmp_path, "python3.11", "rootfs/usr/bin/python3.8")
    with pytest.raises(BuildError, match=said):
        rootfs.find_python(place(tmp_path / "rootfs", **links))


def test_only_what_a_plugin_needs_stays(tmp_path: Path) -> None:
    place(
        tmp_path,
        *(".dockerenv", "etc/resolv.conf", "etc/hosts", "etc/ssl/cert.pem", "dev/console"),
        *("usr/share/man/man1/python.1", "usr/share/locale/de/x.mo", "run/lock/x", "tmp/x"),
        *("usr/share/doc/libc6/copyright", "usr/share/doc/libc6/changelog.gz"),
        *("usr/lib/python3/__pycache__/x.pyc", "usr/lib/python3/x.py", "var/run/x"),
    )
    place(tmp_path, usr__share__doc__libssl3="libc6")
    rootfs.tidy(tmp_path)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {
        "etc/ssl/cert.pem",
        "usr/lib/python3/x.py",
        "usr/share/doc/libc6/copyright",
    }
    # What the engine mounts something over.
    assert {"dev", "proc", "run", "sys", "tmp", "var"} < {path.name for path in tmp_path.iterdir()}
    assert (tmp_path / "tmp").stat().st_mode & 0o7777 == 0o1777
    assert (tmp_path / "var/run").resolve() == tmp_path / "run"
