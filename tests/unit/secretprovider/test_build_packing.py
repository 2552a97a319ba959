# SPDX-License-Identifier: GPL-3.0-or-later
"""The same files make the same archive, whoever packs them, when, and in which order."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from builder import packing
from builder.errors import BuildError

DATE = 1_700_000_000


def fill(folder: Path, *, backwards: bool = False) -> Path:
    names = ["b/x", "b-c", "a/long/way/down", "b/y"]
    for name in reversed(names) if backwards else names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        os.utime(folder / name, (len(name), len(name) + backwards))
    (folder / "b/y").chmod(0o700)
    (folder / "link").symlink_to("/b/x")
    return folder


def packed(folder: Path, date: int = DATE) -> tuple[str, bytes]:
    file = io.BytesIO()
    return packing.pack(folder, file, date), file.getvalue()


def test_twice_the_same_is_the_same(tmp_path: Path) -> None:
    first = packed(fill(tmp_path / "one"))
    assert packed(fill(tmp_path / "two", backwards=True)) == first
    assert first[0].startswith("sha256:")


def test_another_text_mode_name_link_or_date_is_another(tmp_path: Path) -> None:
    folder = fill(tmp_path / "one")
    seen = {packed(folder)[0], packed(folder, DATE + 1)[0]}
    (folder / "b/x").write_text("B/X")
    seen.add(packed(folder)[0])
    (folder / "b/x").chmod(0o755)
    seen.add(packed(folder)[0])
    (folder / "b/x").rename(folder / "b/z")
    seen.add(packed(folder)[0])
    (folder / "link").unlink()
    (folder / "link").symlink_to("/b/z")
    seen.add(packed(folder)[0])
    assert len(seen) == 6


def test_the_archive_tells_nothing_of_who_made_it(tmp_path: Path) -> None:
    folder = fill(tmp_path / "one")
    os.link(folder / "b/x", folder / "b/twin")
    with tarfile.open(fileobj=io.BytesIO(packed(folder)[1])) as archive:
        members = archive.getmembers()
        twins = [archive.extractfile(f"b/{name}") for name in ("x", "twin")]
        assert [twin.read() for twin in twins if twin] == [b"b/x", b"b/x"]
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {(0, 0, "", "", DATE)}
    names = [member.name for member in members]
    assert names == [
        *("a", "a/long", "a/long/way", "a/long/way/down"),
        *("b", "b/twin", "b/x", "b/y", "b-c", "link"),
    ]


def test_no_umask_shows(tmp_path: Path) -> None:
    digests = set()
    for name, umask in (("one", 0o022), ("two", 0o077)):
        before = os.umask(umask)
        try:
            folder = fill(tmp_path / name)
        finally:
            os.umask(before)
        packing.plain_modes(folder)
        digests.add(packed(folder)[0])
        assert (folder / "b/y").stat().st_mode & 0o777 == 0o755
        assert (folder / "b/x").stat().st_mode & 0o777 == 0o644
    assert len(digests) == 1


def test_dates_are_set_on_all_there_is(tmp_path: Path) -> None:
    folder = fill(tmp_path / "one")
    packing.set_dates(folder, DATE)
    assert {path.lstat().st_mtime for path in (folder, *folder.rglob("*"))} == {DATE}


def test_the_date_can_be_set() -> None:
    assert packing.source_date({}) == packing.source_date({"SOURCE_DATE_EPOCH": ""}) == 315532800
    assert packing.source_date({"SOURCE_DATE_EPOCH": "1700000000"}) == DATE
    with pytest.raises(BuildError, match="SOURCE_DATE_EPOCH is not a number of seconds: 'now'"):
        packing.source_date({"SOURCE_DATE_EPOCH": "now"})
