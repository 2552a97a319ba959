# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole plugin as a process, with a real OpenBao behind it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.waiting import wait_for
from tests.e2e.secretprovider.plugin_process import PATIENCE, running

if t.TYPE_CHECKING:
    from testbed import OpenBao

CANARY = "canary-of-the-process"
POLICY = """
path "secret/data/shop/*" { capabilities = ["read"] }
path "sys/mounts" { capabilities = ["read"] }
"""
WEB = {
    "ServiceName": "shop_web",
    "SecretLabels": {"vault_path": "shop/db", "vault_field": "password"},
}


@pytest.fixture
def directory() -> t.Iterator[Path]:
    """A folder whose path is short enough for that of a socket."""
    with tempfile.TemporaryDirectory(prefix="plugin") as path:
        (Path(path) / "credentials").mkdir()
        yield Path(path)


def credentials(directory: Path, bao: OpenBao, **files: str) -> Path:
    """Write credential files, as an administrator does; gives their directory."""
    folder = directory / "credentials"
    folder.mkdir(exist_ok=True)
    shutil.copy(bao.ca_cert, folder / "ca.pem")
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    return folder


def whole(directory: Path) -> tuple[str, ...]:
    return ("-m", "swarmvault_secretprovider", "--socket", str(directory / "plugin.sock"))


def test_a_value_comes_from_vault_and_shows_nowhere_else(bao: OpenBao, directory: Path) -> None:
    bao.put("shop/db", password=CANARY)
    bao.policy("process", POLICY)
    role_id, secret_id = bao.approle("process", ["process"])
    credentials(directory, bao, role_id=role_id, secret_id=secret_id)
    settings = {"VAULT_ADDR": bao.url, "VAULT_AUTH_METHOD": "approle", "LOG_LEVEL": "debug"}
    with running(directory, *whole(directory), **settings) as plugin:
        # Nobody has to ask for that.
        wait_for("a login", lambda: "logged in to Vault" in plugin.out(), timeout=PATIENCE)
        assert plugin.get("shop_db", **WEB) == {
            "Value": CANARY.encode(),
            "Err": "",
            "DoNotReuse": False,
        }
        wait_for("a line", lambda: "service=shop_web" in plugin.out(), timeout=PATIENCE)
        lost = {**WEB, "SecretLabels": {"vault_path": "shop/db", "vault_field": "nothing"}}
        said = plugin.get("shop_db", **lost)["Err"]
        assert "password" in said  # the name of a field
        process = Path(f"/proc/{plugin.process.pid}")
        shown = (process / "cmdline").read_text() + (process / "environ").read_text()
        assert plugin.end() == 0
        for hidden in (CANARY, secret_id):
            assert hidden not in plugin.out() + plugin.err() + shown + said


def test_a_login_that_is_refused_shows_before_anybody_asks(bao: OpenBao, directory: Path) -> None:
    credentials(directory, bao, role_id="nobody", secret_id="nothing")
    settings = {"VAULT_ADDR": bao.url, "VAULT_AUTH_METHOD": "approle"}
    with running(directory, *whole(directory), **settings) as plugin:
        wait_for("a line", lambda: "cannot log in" in plugin.err(), timeout=PATIENCE)
        status, body = plugin.call("/health", method="GET")
        assert status == 503
        assert "refused the login" in json.loads(body)["vaults"]["default"]


def test_credentials_that_are_replaced_are_used_without_a_restart(
    bao: OpenBao, directory: Path
) -> None:
    bao.put("shop/db", password=CANARY)
    bao.policy("process", POLICY)
    first = bao.token(["process"])
    credentials(directory, bao, token=first)
    with running(directory, *whole(directory), VAULT_ADDR=bao.url) as plugin:
        assert plugin.get("shop_db", **WEB)["Err"] == ""
        bao.client().auth.token.revoke(first)
        assert "shop_web" not in plugin.err()
        # What was read within the last second is shared.
        wait_for("a refusal", lambda: plugin.get("shop_db", **WEB)["Err"], timeout=PATIENCE)
        wait_for("a line", lambda: "shop_web" in plugin.err(), timeout=PATIENCE)
        credentials(directory, bao, token=bao.token(["process"]))
        assert plugin.get("shop_db", **WEB)["Value"] == CANARY.encode()


def test_the_label_chooses_one_of_several_vaults(bao: OpenBao, directory: Path) -> None:
    bao.put("shop/db", password=CANARY)
    folder = credentials(directory, bao, token="of-nobody")
    shutil.copytree(folder, folder / "eu")
    (folder / "eu" / "token").write_text(bao.root_token)
    (folder / "eu" / "settings.json").write_text(f'{{"OPENBAO_ADDR": "{bao.url}"}}')
    with running(directory, *whole(directory), VAULT_ADDR=bao.url) as plugin:
        assert plugin.get("shop_db", **WEB)["Err"] != ""
        labels = {**t.cast("dict[str, str]", WEB["SecretLabels"]), "vault_connection": "eu"}
        assert plugin.get("shop_db", ServiceName="shop_web", SecretLabels=labels)["Err"] == ""
        assert "default,eu" in plugin.out()


def test_it_serves_before_vault_does_and_ends_while_vault_hangs(
    bao: OpenBao, directory: Path
) -> None:
    credentials(directory, bao, token="t")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with running(directory, *whole(directory), VAULT_ADDR=address) as plugin:
            with ThreadPoolExecutor() as pool:
                asked = pool.submit(plugin.get, "shop_db", **WEB)
                silent.accept()
                assert plugin.end() == 0
                with pytest.raises(OSError, match=r"closed|reset"):
                    asked.result(PATIENCE)
            assert "stopped" in plugin.out()


def test_a_vault_that_does_not_answer_costs_no_more_than_the_deadline(
    bao: OpenBao, directory: Path
) -> None:
    credentials(directory, bao, token="t")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = {"VAULT_ADDR": f"https://127.0.0.1:{silent.getsockname()[1]}"}
        with running(directory, *whole(directory), VAULT_DEADLINE="1s", **settings) as plugin:
            said = plugin.get("shop_db", **WEB)["Err"]
            assert "shop_db" in said
            assert "shop/db" in said
            assert plugin.call("/health", method="GET")[0] in {200, 503}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
def test_files_that_it_may_not_read_without_rights_are_named(bao: OpenBao, directory: Path) -> None:
    folder = credentials(directory, bao, token=bao.root_token)
    (folder / "token").chmod(0o600)
    directory.chmod(0o755)
    with running(directory, *whole(directory), VAULT_ADDR=bao.url, uid="65532") as plugin:
        said = plugin.get("shop_db", **WEB)["Err"]
        for text in (said, plugin.err()):
            assert f"The file {folder}/token cannot be read: Permission denied" in text
            assert "readable for the user 65532" in text
