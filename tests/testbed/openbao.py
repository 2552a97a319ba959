# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenBao: TLS, storage on disk, KV 1 and 2, AppRole, and a log to count requests by."""

from __future__ import annotations

import collections.abc as c
import functools
import hashlib
import json
import os
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

import hvac
import hvac.exceptions
import requests

from testbed import settings
from testbed.errors import BedError
from testbed.locks import exclusive
from testbed.openbao_server import configuration, free_port, program
from testbed.pki import Authority, write_private
from testbed.process import Daemon
from testbed.waiting import wait_for

#: What a server that is about to be there answers with.
NOT_YET = (requests.RequestException, hvac.exceptions.VaultError)

LOCAL = "127.0.0.1"
OK = 200


@dataclass(frozen=True)
class OpenBao:
    """One server, known by its directory; several live side by side."""

    directory: Path

    @classmethod
    def up(
        cls,
        name: str = "vault",
        *,
        directory: Path | None = None,
        addresses: c.Sequence[str] = (LOCAL,),
    ) -> OpenBao:
        """Give the server of this name, made, started and unsealed if need be.

        The last of the addresses is the one in its URL.
        """
        bao = cls(directory or settings.vaults_dir() / settings.check_name(name))
        with exclusive(f"vault-{bao._digest}"):
            if cls.find(bao.directory):
                bao.start()
            else:
                bao.down()
                bao._create(addresses)
        return bao

    @classmethod
    def find(cls, where: Path | str) -> OpenBao | None:
        """Give the server of this name, or in this directory, if one was made."""
        directory = settings.vaults_dir() / where if isinstance(where, str) else where
        return cls(directory) if (directory / "ready").exists() else None

    @classmethod
    def all(cls) -> list[OpenBao]:
        """Every server that belongs to no bed."""
        entries = sorted(settings.vaults_dir().iterdir())
        return [
            cls(one if one.is_dir() else Path(one.read_text(encoding="utf-8"))) for one in entries
        ]

    # -- what tests use ----------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self._record("server.json")["url"])

    @property
    def ca_cert(self) -> Path:
        """What its certificate is checked with."""
        return self.directory / "tls" / "ca.pem"

    @property
    def root_token(self) -> str:
        """The token that may do everything."""
        return str(self._record("keys.json")["root_token"])

    @property
    def audit_log(self) -> Path:
        """One line of JSON per request and per answer."""
        return self.directory / "audit.log"

    def client(self, token: str | None = None, timeout: int = 10) -> hvac.Client:
        """Connect with the root token, or another."""
        used = self.root_token if token is None else token
        return hvac.Client(url=self.url, token=used, verify=str(self.ca_cert), timeout=timeout)

    def environment(self) -> dict[str, str]:
        """Give what the bao and vault command lines need."""
        values = {"ADDR": self.url, "CACERT": str(self.ca_cert), "TOKEN": self.root_token}
        return {f"{prefix}_{key}": values[key] for prefix in ("BAO", "VAULT") for key in values}

    def put(self, path: str, /, *, mount: str = "secret", **fields: t.Any) -> int | None:
        """Write a secret; give its new version where the mount counts versions."""
        client = self.client()
        mounts = client.sys.list_mounted_secrets_engines()["data"]
        if f"{mount}/" not in mounts:
            raise BedError(f"OpenBao has no mount {mount!r}: there are {', '.join(sorted(mounts))}")
        kv = client.secrets.kv
        if (mounts[f"{mount}/"]["options"] or {}).get("version") == "2":
            made = kv.v2.create_or_update_secret(path, secret=fields, mount_point=mount)
            return int(made["data"]["version"])
        kv.v1.create_or_update_secret(path, secret=fields, mount_point=mount)
        return None

    def policy(self, name: str, hcl: str) -> None:
        """Write a policy."""
        self.client().sys.create_or_update_policy(name, hcl)

    def token(self, policies: c.Sequence[str], **options: t.Any) -> str:
        """Make a token; options are those of auth/token/create (ttl, num_uses, …)."""
        made = self.client().auth.token.create(policies=list(policies), **options)
        return str(made["auth"]["client_token"])

    def approle(self, name: str, policies: c.Sequence[str], **options: t.Any) -> tuple[str, str]:
        """Make a role to log in with; give (role_id, secret_id).

        Options are those of the role (token_ttl, secret_id_num_uses, …).
        """
        auth = self.client().auth.approle
        auth.create_or_update_approle(name, token_policies=list(policies), **options)
        role_id = auth.read_role_id(name)["data"]["role_id"]
        return role_id, auth.generate_secret_id(name)["data"]["secret_id"]

    def audit_requests(self, path: str = "") -> list[dict[str, t.Any]]:
        """Give every request the server was sent whose path begins so, oldest first.

        ["request"]["path"] and ["request"]["operation"] tell what was asked for; values and tokens
        are HMACs.
        """
        entries = map(json.loads, self.audit_log.read_text(encoding="utf-8").splitlines())
        requested = (entry for entry in entries if entry["type"] == "request")
        return [one for one in requested if one["request"].get("path", "").startswith(path)]

    def clear_audit(self) -> None:
        """Count from zero."""
        os.truncate(self.audit_log, 0)

    # -- what can happen to it ---------------------------------------------------------------

    def seal(self) -> None:
        """Let it refuse everything until it is unsealed."""
        self.client().sys.seal()

    def unseal(self) -> None:
        """Undo seal()."""
        client = self.client()
        if client.sys.is_sealed():
            client.sys.submit_unseal_key(self._record("keys.json")["unseal_key"])
        # Unsealed is not yet active: until then it answers every request with an error.
        what = f"the OpenBao at {self.url} to be active"
        wait_for(what, self._active, timeout=30, interval=0.02, ignore=NOT_YET)

    def start(self) -> None:
        """Start the process, unless it runs, and unseal."""
        if not self.running():
            self._launch()
        self._wait_for_answer()
        self.unseal()

    def stop(self) -> None:
        """End the process; what was written stays."""
        self._daemon.stop()

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def running(self) -> bool:
        """Whether there is a process, sealed or not."""
        return self._daemon.pid() is not None

    def down(self) -> None:
        """End the process and remove everything it wrote."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        self._pointer.unlink(missing_ok=True)
        settings.tidy()

    # -- inside ------------------------------------------------------------------------------

    @property
    def _daemon(self) -> Daemon:
        return Daemon(self.directory, "bao")

    @property
    def _digest(self) -> str:
        return hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]

    @property
    def _pointer(self) -> Path:
        """Remembers a server in some other directory: also of a test that crashed."""
        return settings.vaults_dir() / f"{self._digest}.path"

    def _record(self, name: str) -> dict[str, t.Any]:
        try:
            return dict(json.loads((self.directory / name).read_text(encoding="utf-8")))
        except OSError as error:
            raise BedError(
                f"there is no OpenBao in {self.directory}: OpenBao.up() makes one"
            ) from error

    def _create(self, addresses: c.Sequence[str]) -> None:
        self._begin(addresses, Authority("OpenBao"))
        self._initialize()

    def _begin(
        self, addresses: c.Sequence[str], authority: Authority, leader: str | None = None
    ) -> None:
        """Make what the process needs, and start it."""
        if not self.directory.is_relative_to(settings.state_dir()):
            self._pointer.write_text(str(self.directory), encoding="utf-8")
        (self.directory / "data").mkdir(mode=0o700, parents=True)
        names = dict.fromkeys([*addresses, LOCAL, "localhost"])
        authority.issue_to(self.directory / "tls", "OpenBao", list(names))
        for _attempt in range(5):
            self._configure(addresses, leader)
            self._launch()
            try:
                self._wait_for_answer()
                break
            except BedError:
                self.stop()
                # Somebody else took the port in between: the next one may be free.
                if "address already in use" not in self._daemon.tail(50):
                    raise

    def _configure(self, addresses: c.Sequence[str], leader: str | None) -> None:
        ports = free_port(addresses), free_port([LOCAL])
        config = configuration(self.directory, addresses, ports, self.audit_log, leader)
        (self.directory / "server.hcl").write_text(config, encoding="utf-8")
        url = {"url": f"https://{addresses[-1]}:{ports[0]}"}
        write_private(self.directory / "server.json", json.dumps(url).encode())

    def _launch(self) -> None:
        self._daemon.start([program(), "server", "-config", self.directory / "server.hcl"])

    def _initialize(self) -> None:
        made = self.client(token="").sys.initialize(secret_shares=1, secret_threshold=1)
        keys = {"root_token": made["root_token"], "unseal_key": made["keys_base64"][0]}
        write_private(self.directory / "keys.json", json.dumps(keys).encode())
        self.unseal()
        root = self.client()
        for path, version in (("kv1", "1"), ("secret", "2")):
            # On a loaded machine one that was just unsealed may answer "internal error".
            wait_for(
                f"the mount {path}/",
                functools.partial(_mounted, root, path, version),
                timeout=30,
                ignore=NOT_YET,
            )
        root.sys.enable_auth_method("approle")
        # A fresh version 2 mount upgrades itself in the background and refuses writes meanwhile.
        kv = root.secrets.kv.v2
        wait_for(
            "the mount secret/ to take writes",
            lambda: kv.create_or_update_secret("testbed", secret={"ready": "yes"}),
            timeout=30,
            interval=0.02,
            ignore=NOT_YET,
        )
        kv.delete_metadata_and_all_versions("testbed")
        (self.directory / "ready").touch()

    def _wait_for_answer(self) -> None:
        what = f"the first answer of the OpenBao at {self.url}"
        wait_for(what, self._answers, timeout=30, interval=0.05, ignore=NOT_YET)

    def _answers(self) -> bool:
        if not self.running():
            raise BedError(f"OpenBao did not start:\n{self._daemon.tail()}")
        return self._get("seal-status") == OK

    def _active(self) -> bool:
        return self._get("health") == OK

    def _get(self, what: str) -> int:
        address = f"{self.url}/v1/sys/{what}"
        return requests.get(address, verify=str(self.ca_cert), timeout=5).status_code


def _mounted(root: hvac.Client, path: str, version: str) -> bool:
    """Mount key/value at a path, unless an attempt that failed did."""
    if f"{path}/" not in root.sys.list_mounted_secrets_engines()["data"]:
        root.sys.enable_secrets_engine("kv", path=path, options={"version": version})
    return True
