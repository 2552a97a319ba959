# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file says under which licence it stands."""

from __future__ import annotations

from pathlib import Path

from tests.checks.sources import source_files, text_of

# Split, so that this line is not taken for the declaration it looks for.
DECLARATION = "SPDX-License-Identifier:" + " GPL-3.0-or-later"

GENERATED = {Path("CHANGELOG.rst"), Path("changelogs/changelog.yaml")}
WITHOUT_COMMENTS = {".json"}
# Below a shebang, a YAML document marker or a module's copyright lines.
WITHIN_LINES = 6


def needs_declaration(file: Path) -> bool:
    return not (
        file in GENERATED
        or file == Path("LICENSE")
        or file.suffix in WITHOUT_COMMENTS
        or not text_of(file)  # empty (Ansible wants some __init__.py so) or not text
    )


def test_every_file_declares_its_licence() -> None:
    files = [file for file in source_files() if needs_declaration(file)]
    heads = {file: (text_of(file) or "").splitlines()[:WITHIN_LINES] for file in files}
    silent = [str(f) for f, head in heads.items() if not any(DECLARATION in line for line in head)]
    assert silent == []
