# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``credential_files`` does and tells."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._common import errors, secret_value
from .._credentials import files, unwrap

Params = t.Mapping[str, t.Any]

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "files": {"type": "dict", "default": {}, "no_log": True},
    "secret_id_wrapped": {"type": "str", "no_log": True},
    "keep_secret_id": {"type": "bool", "default": False, "no_log": False},
    "owner": {"type": "int", "default": 0},
    "group": {"type": "int", "default": 0},
}


@dataclass(frozen=True)
class Report:
    """The module's result: names of files, never what is in them."""

    path: str
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    other: bool = False
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    failed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return bool(self.written or self.removed or self.other)

    @property
    def message(self) -> str:
        """One line."""
        if not self.changed:
            return f"{self.path} is as it should be."
        done = [f"wrote {', '.join(self.written)}"] if self.written else []
        done += [f"removed {', '.join(self.removed)}"] if self.removed else []
        return f"{self.path}: {'; '.join(done) or 'owner and rights set'}."

    def as_dict(self) -> dict[str, t.Any]:
        """Give the return values."""
        return {
            "changed": self.changed,
            "written": list(self.written),
            "removed": list(self.removed),
        }

    def diff(self) -> dict[str, str]:
        """Give the names of files before and after."""
        before, after = ("".join(f"{name}\n" for name in one) for one in (self.before, self.after))
        return {"before": before, "after": after}


def manage(params: Params, *, check_mode: bool) -> Report:
    """Bring the directory to the wanted state.

    :raises SwarmVaultError: that cannot be done.
    """
    directory = Path(params["path"])
    try:
        if params["state"] == "absent":
            return _absent(directory, check_mode=check_mode)
        return _present(directory, params, check_mode=check_mode)
    except OSError as error:
        raise errors.InputError(
            f"The credential files in {directory} cannot be written: {error.strerror}.",
            "Run it as a user who may, such as root with become.",
        ) from None


def _absent(directory: Path, *, check_mode: bool) -> Report:
    there = tuple(sorted(files.names_in(directory)))
    other = directory.exists()
    if not check_mode:
        files.remove(directory)
    return Report(str(directory), removed=there, other=other, before=there)


def _present(directory: Path, params: Params, *, check_mode: bool) -> Report:
    owner = (params["owner"], params["group"])
    wanted = {
        str(name): secret_value.SecretValue(_encoded(name, value))
        for name, value in params["files"].items()
    }
    files.check_names(wanted)
    keep: set[str] = {unwrap.SECRET_ID, unwrap.RECORD} if params["keep_secret_id"] else set()
    given = params["secret_id_wrapped"]
    token = secret_value.SecretValue(given.encode()) if given else None
    if token is not None:
        if unwrap.SECRET_ID in wanted:
            raise errors.InputError(
                "Both secret_id_wrapped and a file secret_id are given.", "Leave one of them out."
            )
        keep = {unwrap.SECRET_ID, unwrap.RECORD}
    before = files.names_in(directory)
    changes = files.look(directory, wanted, keep, owner)
    unwraps = token is not None and not unwrap.is_done(directory, token)
    if not check_mode:
        files.apply(directory, wanted, changes, owner)
        if unwraps and token is not None:
            _unwrap(directory, params, token, owner)
    written = sorted({*changes.written, *([unwrap.SECRET_ID] if unwraps else [])})
    after = ((before - set(changes.removed)) | set(written)) - {unwrap.RECORD}
    return Report(
        str(directory),
        written=tuple(written),
        removed=changes.removed,
        other=bool(changes.directory or changes.owned),
        before=tuple(sorted(before - {unwrap.RECORD})),
        after=tuple(sorted(after)),
    )


def _unwrap(
    directory: Path, params: Params, token: secret_value.SecretValue, owner: tuple[int, int]
) -> None:
    from .._vault import connection, settings

    connection.check_libraries()
    without_login = {**params, "vault_auth_method": "none", "vault_retries": 0}
    options = settings.resolve(without_login, os.environ, Path("/"))
    secret_id = unwrap.unwrap(options, token)
    # At once: nobody can ask for it again.
    files.write(directory, unwrap.SECRET_ID, secret_id, owner)
    files.write(directory, unwrap.RECORD, unwrap.record_of(token), owner)


def _encoded(name: str, value: t.Any) -> bytes:
    if not isinstance(value, str):
        raise errors.InputError(
            f"The content of the credential file {name} is not text.", "Write it in quotes."
        )
    return value.encode("utf-8", "surrogateescape")
