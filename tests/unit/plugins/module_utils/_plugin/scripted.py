# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine with plugins, scripted: what real ones do is in tests/e2e/plugin, and this is less.

It does what was seen of real engines (20.10 and 28.5), as far as plugins go: contents may not be
created under two names, an upgrade keeps variables and resets mounts, a plugin is set and replaced
only while it is disabled. Any call can be made to fail, or to end the run before or after it.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import io
import itertools
import json
import tarfile
import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._plugin import archives, install
from ansible_collections.swarmvault.secrets.plugins.module_utils._plugin.model import (
    Request,
    State,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.plugin_socket import (
    PluginAnswer,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.plugins import PluginClient

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.swarmvault.secrets.plugins.module_utils._plugin.report import Report

ALIAS = "vault-secrets-plugin:latest"
TRIAL = "vault-secrets-plugin-trial:latest"
REGISTRY = "registry.example.com/infra/secretprovider"
VARIABLES = ("VAULT_ADDR", "VAULT_TOKEN", "VAULT_DEADLINE", "METRICS_LISTEN", "LOG_LEVEL")
SOURCES = {"credentials": "/proc/tty/ldisc", "docker": "/dev/null"}
MANAGER = {"LocalNodeState": "active", "ControlAvailable": True, "NodeID": "n1"}
NODE = {
    "Spec": {"Role": "manager"},
    "Status": {"State": "ready"},
    "ManagerStatus": {"Reachability": "reachable"},
}
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class KilledError(BaseException):
    """The run ends here, whatever it was about to do."""


def config_json(*further: str, version: str = "1") -> dict[str, t.Any]:
    """Return what a plugin declares."""
    return {
        "description": version,
        "env": [
            {"name": name, "value": "", "settable": ["value"]} for name in (*VARIABLES, *further)
        ],
        "mounts": [
            {"name": name, "source": source, "settable": ["source"]}
            for name, source in SOURCES.items()
        ],
        "interface": {"types": ["docker.secretprovider/1.0"], "socket": "secretprovider.sock"},
    }


def write_archive(path: Path, version: str) -> Path:
    """Write an archive; one of the version "broken" starts on a trial only."""
    with tarfile.open(path, "w") as archive:
        files = {"config.json": json.dumps(config_json(version=version)), "rootfs/v": version}
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


@dataclasses.dataclass
class Engine:
    """An engine, and a registry: what each reference there declares.

    :param moment: "before" or "after", and the number of the writing call, at which a run ends.
    :param refused: the number of the writing call that fails, once.
    """

    registry: dict[str, dict[str, t.Any]] = dataclasses.field(default_factory=dict)
    lists: set[str] = dataclasses.field(default_factory=set)
    plugins: dict[str, dict[str, t.Any]] = dataclasses.field(default_factory=dict)
    secrets: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    services: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    swarm: dict[str, t.Any] = dataclasses.field(default_factory=lambda: dict(MANAGER))
    api: str = "1.51"
    #: As an engine 20.10 does, it keeps what is left of a plugin that ended while it was enabled.
    leaves_rests: bool = False
    writes: list[str] = dataclasses.field(default_factory=list)
    moment: tuple[str, int] = ("", 0)
    refused: int = 0
    _ids: t.Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        """See Transport."""
        return self._answer(method, path, dict(params or {}), body)

    def stream(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
        *,
        reference: str = "",
    ) -> list[t.Any]:
        """See Streams."""
        del reference
        answer = self._answer(method, path, dict(params or {}), body)
        return [] if answer is None else [answer]

    def _answer(self, method: str, path: str, params: dict[str, t.Any], body: t.Any) -> t.Any:
        if method == "GET":
            return copy.deepcopy(self._read(path, params))
        self.writes.append(f"{method} {path}")
        number = len(self.writes)
        if self.moment == ("before", number):
            raise KilledError
        if self.refused == number:
            raise errors.DockerError(f"{method} {path} failed: as the test wants it.", status=500)
        self._write(method, path, params, body)
        if self.moment == ("after", number):
            raise KilledError
        return None

    # -- reads ------------------------------------------------------------------------------------

    def _read(self, path: str, params: dict[str, t.Any]) -> t.Any:
        simple = {
            "/version": {"ApiVersion": self.api, "Arch": "amd64", "Version": "28.5.2"},
            "/info": {"Name": "manager1", "Swarm": self.swarm},
            "/nodes/n1": NODE,
            "/secrets": self.secrets,
            "/services": self.services,
            "/plugins/privileges": [{"Name": "network", "Value": ["host"]}],
        }
        if path in simple:
            return simple[path]
        if path.startswith("/distribution/"):
            reference = path.removeprefix("/distribution/").removesuffix("/json")
            if reference in self.lists:
                return {"Descriptor": {"mediaType": LIST}}
            self._of_registry(reference)
            return {"Descriptor": {"mediaType": MANIFEST}}
        del params
        return self._plugin(path.removeprefix("/plugins/").removesuffix("/json"))

    def _of_registry(self, reference: str) -> dict[str, t.Any]:
        if reference not in self.registry:
            raise errors.DockerNotFoundError(f"{reference}: not found", status=404)
        return copy.deepcopy(self.registry[reference])

    def _plugin(self, name: str) -> dict[str, t.Any]:
        if name not in self.plugins:
            raise errors.DockerNotFoundError(f"plugin {name} not found", status=404)
        return self.plugins[name]

    # -- writes -----------------------------------------------------------------------------------

    def _write(self, method: str, path: str, params: dict[str, t.Any], body: t.Any) -> None:
        if path == "/plugins/pull":
            config = self._of_registry(params["remote"])
            self._add(params["name"], config, params["remote"])
        elif path == "/plugins/create":
            self._create(params["name"], body)
        elif method == "DELETE":
            self._plugin(path.removeprefix("/plugins/"))
            del self.plugins[path.removeprefix("/plugins/")]
        else:
            name, _slash, verb = path.removeprefix("/plugins/").rpartition("/")
            getattr(self, f"_{verb}")(self._plugin(name), params, body)

    def _create(self, name: str, body: t.IO[bytes]) -> None:
        with tarfile.open(fileobj=body) as archive:
            files = {
                member.name: (archive.extractfile(member) or io.BytesIO()).read()
                for member in archive
            }
        config = json.loads(files.pop("config.json"))
        contents = json.dumps({name: text.decode() for name, text in sorted(files.items())})
        if any(one["contents"] == contents for one in self.plugins.values()):
            raise errors.DockerError("content sha256:1: already exists", status=500)
        self._add(name, config, name, contents)

    def _add(self, name: str, config: dict[str, t.Any], reference: str, contents: str = "") -> None:
        if name in self.plugins:
            raise errors.DockerError(f"plugin {name} already exists", status=400)
        self.plugins[name] = {
            "Id": f"id{next(self._ids)}",
            "Name": name,
            "Enabled": False,
            "PluginReference": reference,
            "Config": config,
            "Settings": {"Env": [f"{one['name']}={one['value']}" for one in config["env"]]},
            "contents": contents or reference,
            "rest": False,
        }

    def _upgrade(self, plugin: dict[str, t.Any], params: dict[str, t.Any], _body: t.Any) -> None:
        self._must_be_disabled(plugin)
        config = self._of_registry(params["remote"])
        plugin.update(Config=config, PluginReference=params["remote"], contents=params["remote"])

    def _set(self, plugin: dict[str, t.Any], _params: t.Any, body: list[str]) -> None:
        self._must_be_disabled(plugin)
        for word in body:
            name, _equals, value = word.partition("=")
            mount = next(
                (one for one in plugin["Config"]["mounts"] if f"{one['name']}.source" == name), None
            )
            if mount:
                mount["source"] = value
                continue
            declared = {one["name"] for one in plugin["Config"]["env"] if one["settable"]}
            if name not in declared:
                raise errors.DockerError(f'setting "{name}" not found', status=500)
            env = dict(one.partition("=")[::2] for one in plugin["Settings"]["Env"])
            env[name] = value
            plugin["Settings"]["Env"] = [f"{key}={one}" for key, one in env.items()]

    def _enable(self, plugin: dict[str, t.Any], _params: t.Any, _body: t.Any) -> None:
        self._must_be_disabled(plugin)
        env = dict(one.partition("=")[::2] for one in plugin["Settings"]["Env"])
        if plugin["rest"]:
            raise errors.DockerError("error creating container: id already in use", status=409)
        # Only the one in its place has such settings, or such an address to listen on.
        is_broken = plugin["Config"]["description"] == "broken" and plugin["Name"] != TRIAL
        if is_broken or env["METRICS_LISTEN"] == "taken" or env["VAULT_DEADLINE"] == "bogus":
            plugin["rest"] = self.leaves_rests
            raise errors.DockerError("dial unix: connect: no such file", status=500)
        plugin["Enabled"] = True

    def _disable(self, plugin: dict[str, t.Any], _params: t.Any, _body: t.Any) -> None:
        if not plugin["Enabled"]:
            raise errors.DockerError("plugin is already disabled", status=409)
        plugin["Enabled"] = False

    @staticmethod
    def _must_be_disabled(plugin: dict[str, t.Any]) -> None:
        if plugin["Enabled"]:
            raise errors.DockerError("disable plugin before", status=409)

    # -- what a test looks at ---------------------------------------------------------------------

    def state(self, name: str = ALIAS) -> dict[str, t.Any]:
        """Return what is installed, but for its ID."""
        plugin = self.plugins[name]
        env = dict(one.partition("=")[::2] for one in plugin["Settings"]["Env"])
        return {
            "enabled": plugin["Enabled"],
            "version": plugin["Config"]["description"],
            "reference": plugin["PluginReference"],
            "set": {key: value for key, value in env.items() if value and key != archives.MARK},
            "mounted": {one["name"]: one["source"] for one in plugin["Config"]["mounts"]},
        }


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def monotonic(self) -> float:
        """See Clock."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """See Clock."""
        self._seconds += seconds


@dataclasses.dataclass
class Host:
    """One host with that engine, on which runs are made.

    :ivar answer: what a plugin says of itself, after those in ``answers``.
    """

    folder: Path
    engine: Engine = dataclasses.field(default_factory=Engine)
    answer: PluginAnswer = dataclasses.field(default_factory=lambda: PluginAnswer(answers=True))
    answers: list[PluginAnswer] = dataclasses.field(default_factory=list)

    def run(self, *, check_mode: bool = False, **options: t.Any) -> Report:
        """Make a run as a task would."""
        request = Request(**{"alias": ALIAS, "state": State.PRESENT, **options})
        tools = install.Tools(
            PluginClient(self.engine, self.engine),
            SwarmClient(self.engine),
            archives.Store(self.folder / "kept"),
            ask=lambda _plugin: self.answers.pop(0) if self.answers else self.answer,
            clock=t.cast("t.Any", Clock()),
        )
        return install.install(request, tools, check_mode=check_mode)

    def broken_off(self, moment: tuple[str, int], **options: t.Any) -> None:
        """Make a run that ends at a moment, or by itself before that."""
        self.engine.writes.clear()
        self.engine.moment = moment
        with contextlib.suppress(KilledError):
            self.run(**options)
        self.engine.moment = ("", 0)
        self.engine.writes.clear()
