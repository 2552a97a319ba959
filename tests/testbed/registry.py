# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real registry, Debian's, that the nodes of a bed push to and install from, over TLS."""

from __future__ import annotations

import hashlib
import json
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

import requests

from testbed.openbao_server import free_port
from testbed.parallel import each
from testbed.pki import Authority
from testbed.process import Daemon
from testbed.system import need, which
from testbed.waiting import wait_for

if t.TYPE_CHECKING:
    from testbed.node import Node

PROGRAM = "docker-registry"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


@dataclass(frozen=True)
class Registry:
    """One registry, known by its directory."""

    directory: Path
    #: As it stands in front of a name: ``ADDRESS:PORT``.
    host: str

    @classmethod
    def up(cls, directory: Path, address: str) -> Registry:
        """Start an empty one at an address of this machine."""
        need({PROGRAM: PROGRAM}, "a real registry")
        registry = cls(directory, f"{address}:{free_port([address])}")
        registry.down()
        (directory / "data").mkdir(mode=0o700, parents=True)
        Authority("registry").issue_to(directory / "tls", "registry", [address])
        (directory / "config.yml").write_text(registry._configuration(), encoding="utf-8")
        registry._daemon.start([which(PROGRAM) or PROGRAM, "serve", directory / "config.yml"])
        what = f"the registry at {registry.host}"
        wait_for(what, registry.answers, timeout=30, ignore=(requests.RequestException,))
        return registry

    def down(self) -> None:
        """End the process and remove everything that was pushed."""
        self._daemon.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def answers(self) -> bool:
        """Whether it can be spoken to."""
        return self.get("").ok

    def get(self, path: str) -> requests.Response:
        """Ask it for something below /v2/."""
        # A session that goes by what it is given: the environment's authorities count more.
        with requests.Session() as session:
            session.trust_env = False
            return session.get(
                f"https://{self.host}/v2/{path}",
                headers={"Accept": MANIFEST},
                verify=str(self.directory / "tls" / "ca.pem"),
                timeout=10,
            )

    def push(self, name: str, content: bytes) -> dict[str, t.Any]:
        """Upload a blob; return what a manifest says of it, but for its type."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        started = self._send("POST", f"{name}/blobs/uploads/")
        place = started.headers["Location"].partition("/v2/")[2]
        joint = "&" if "?" in place else "?"
        self._send("PUT", f"{place}{joint}digest={digest}", content, "application/octet-stream")
        return {"digest": digest, "size": len(content)}

    def tag(self, name: str, tag: str, manifest: t.Mapping[str, t.Any]) -> None:
        """Upload a manifest, or a list of some, under a tag."""
        content = json.dumps(manifest).encode()
        self._send("PUT", f"{name}/manifests/{tag}", content, manifest["mediaType"])

    def _send(
        self, method: str, path: str, content: bytes = b"", kind: str = ""
    ) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                f"https://{self.host}/v2/{path}",
                data=content,
                headers={"Content-Type": kind} if kind else None,
                verify=str(self.directory / "tls" / "ca.pem"),
                timeout=30,
            )
        answer.raise_for_status()
        return answer

    def introduce_to(self, nodes: t.Sequence[Node]) -> None:
        """Let these nodes' engines trust it."""
        authority = (self.directory / "tls" / "ca.pem").read_bytes()
        folder = f"/etc/docker/certs.d/{self.host}"

        def introduce(node: Node) -> None:
            node.exec(["mkdir", "-p", folder])
            node.put(f"{folder}/ca.crt", authority)

        each(introduce, nodes)

    @property
    def _daemon(self) -> Daemon:
        return Daemon(self.directory, "registry")

    def _configuration(self) -> str:
        return f"""\
version: 0.1
log:
  level: warn
storage:
  filesystem:
    rootdirectory: {self.directory}/data
http:
  addr: {self.host}
  tls:
    certificate: {self.directory}/tls/cert.pem
    key: {self.directory}/tls/key.pem
"""
