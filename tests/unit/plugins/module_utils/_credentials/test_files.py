# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of credential files, through what the module does with it."""

from __future__ import annotations

import os
import stat
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import credential_files
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import (
    errors,
    secret_value,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._credentials import unwrap

if t.TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-4711"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A place that is not there yet, below a folder that is not either."""
    return tmp_path / "new" / "credentials"


def manage(
    directory: Path, check_mode: bool = False, /, **options: t.Any
) -> credential_files.Report:
    """Do what the module does."""
    defaults = {name: spec.get("default") for name, spec in credential_files.ARGUMENTS.items()}
    owner = {"owner": os.getuid(), "group": os.getgid()}
    params = {**defaults, **owner, "path": str(directory), **options}
    return credential_files.manage(params, check_mode=check_mode)


def modes(directory: Path) -> dict[str, int]:
    return {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (directory, *directory.iterdir())
    }


def test_files_are_written_for_their_owner_alone_and_a_second_run_finds_nothing(
    directory: Path,
) -> None:
    files = {"token": CANARY, "ca.pem": "line\nline\n"}
    first = manage(directory, files=files)
    assert first.written == ("ca.pem", "token")
    assert modes(directory) == {"credentials": 0o700, "token": 0o600, "ca.pem": 0o600}
    assert (directory / "token").read_text() == CANARY
    assert not manage(directory, files=files).changed
    assert CANARY not in repr((first, first.as_dict(), first.diff(), first.message))


def test_check_mode_tells_the_same_and_does_nothing(directory: Path) -> None:
    assert manage(directory, True, files={"token": "x"}).written == ("token",)
    assert not directory.exists()


def test_what_is_not_listed_goes_and_what_has_changed_is_replaced(directory: Path) -> None:
    manage(directory, files={"token": "x", "jwt": "y"})
    (directory / "folder").mkdir()
    (directory / "link").symlink_to("/etc/passwd")
    report = manage(directory, files={"token": "z"})
    assert (report.written, report.removed) == (("token",), ("folder", "jwt", "link"))
    assert [path.name for path in directory.iterdir()] == ["token"]
    assert report.diff() == {"before": "folder\njwt\nlink\ntoken\n", "after": "token\n"}


def test_rights_are_set_right_again(directory: Path) -> None:
    manage(directory, files={"token": "x"})
    directory.chmod(0o755)
    (directory / "token").chmod(0o644)
    assert manage(directory, files={"token": "x"}).changed
    assert modes(directory) == {"credentials": 0o700, "token": 0o600}


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(
    directory: Path, tmp_path: Path
) -> None:
    manage(directory)
    other = tmp_path / "other"
    other.write_text("x")
    (directory / "token").symlink_to(other)
    assert manage(directory, files={"token": "x"}).written == ("token",)
    assert not (directory / "token").is_symlink()
    assert other.read_text() == "x"


def test_absent_removes_all_of_it_once(directory: Path) -> None:
    manage(directory, files={"token": "x"})
    assert manage(directory, True, state="absent").changed
    assert manage(directory, state="absent").removed == ("token",)
    assert not directory.exists()
    assert not manage(directory, state="absent").changed


@pytest.mark.parametrize("name", ["../token", "a/b", "", ".", ".."])
def test_a_name_that_leads_elsewhere_is_refused(directory: Path, name: str) -> None:
    with pytest.raises(errors.InputError, match="not a valid name"):
        manage(directory, files={name: CANARY})
    assert not directory.exists()


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_file_in_the_place_of_the_directory_is_left_alone(tmp_path: Path, state: str) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(errors.InputError, match="is not a directory"):
        manage(file, state=state)
    assert file.read_text() == "x"


def test_a_secret_id_that_came_out_of_the_same_token_is_not_unwrapped_again(
    directory: Path,
) -> None:
    token = secret_value.SecretValue(CANARY.encode())
    manage(directory, files={"secret_id": "unwrapped"})
    assert manage(directory, True, secret_id_wrapped=CANARY).written == ("secret_id",)
    (directory / unwrap.RECORD).write_bytes(unwrap.record_of(token).reveal())
    report = manage(directory, secret_id_wrapped=CANARY)
    assert (report.written, report.removed) == ((), ())
    assert (directory / "secret_id").read_text() == "unwrapped"
    assert CANARY not in (directory / unwrap.RECORD).read_text()
    assert not manage(directory, secret_id_wrapped=CANARY).changed
    assert manage(directory, True, secret_id_wrapped="another").written == ("secret_id",)


def test_an_unwrapped_secret_id_stays_only_where_it_is_to(directory: Path) -> None:
    manage(directory, files={"secret_id": "unwrapped"})
    assert not manage(directory, keep_secret_id=True).removed
    assert manage(directory).removed == ("secret_id",)


def test_two_secret_ids_are_refused(directory: Path) -> None:
    with pytest.raises(errors.InputError, match="Both secret_id_wrapped"):
        manage(directory, files={"secret_id": "x"}, secret_id_wrapped="y")
