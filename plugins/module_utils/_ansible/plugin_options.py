# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``secretprovider_plugin``, and the run that they ask for."""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

from ansible.module_utils.common.validation import check_type_dict

from .._common import clock, errors
from .._plugin import archives, model
from .._plugin import settings as plugin_settings
from .._swarm import plugins

if t.TYPE_CHECKING:
    from .._plugin import report

Params = t.Mapping[str, t.Any]

_DEFAULTS = model.Request("", model.State.PRESENT)

PLUGIN_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "alias": {"type": "str", "default": "vault-secrets-plugin:latest"},
    "state": {
        "type": "str",
        "choices": [str(state) for state in model.State],
        "default": str(model.State.PRESENT),
    },
    "reference": {"type": "str"},
    "archive": {"type": "path"},
    "settings": {"type": "dict", "default": {}},
    "enable_timeout": {"type": "int", "default": _DEFAULTS.enable_timeout},
    "wait_timeout": {"type": "int", "default": _DEFAULTS.wait_timeout},
    "state_dir": {"type": "path", "default": "/var/lib/swarmvault"},
    "force": {"type": "bool", "default": False},
}


class PluginModule:
    """To be put before the module's class: keeps secret settings out of whatever Ansible tells."""

    params: dict[str, t.Any]
    no_log_values: set[str]

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[misc]  # that of AnsibleModule
        given = self.params.get("settings")
        if isinstance(given, str):
            # Ansible makes a mapping of it later. All of it is kept, since nobody can tell which part
            # of a text that cannot be read is a value.
            self.no_log_values.add(given)
            with contextlib.suppress(TypeError):
                given = check_type_dict(given)
        if isinstance(given, dict):
            self.no_log_values.update(
                str(value)
                for name, value in given.items()
                if value not in (None, "") and not plugin_settings.may_show(str(name), str(value))
            )


def to_request(params: Params) -> model.Request:
    """Read the options.

    :raises InputError: they contradict each other.
    """
    state = model.State(params["state"])
    given = [name for name in ("reference", "archive") if params[name]]
    if state is model.State.PRESENT and len(given) != 1:
        raise errors.InputError(
            "Exactly one of reference and archive must be set: where the plugin is installed from"
            f"{', not both' if given else ''}.",
            "Set the other one only.",
        )
    for name in ("enable_timeout", "wait_timeout"):
        if params[name] < 1:
            raise errors.InputError(f"{name} must be at least 1 second, not {params[name]}.")
    return model.Request(
        alias=plugins.full_name(params["alias"]),
        state=state,
        reference=params["reference"] or "",
        archive=params["archive"] or "",
        settings=_settings(params["settings"] or {}),
        enable_timeout=params["enable_timeout"],
        wait_timeout=params["wait_timeout"],
        force=params["force"],
    )


def _settings(given: t.Mapping[t.Any, t.Any]) -> dict[str, str]:
    """Return settings as text, as they would be written on a command line."""
    problems = [
        str(name) for name, value in given.items() if isinstance(value, (dict, list, float))
    ]
    if problems:
        raise errors.InputError(
            f"Settings are text: {', '.join(problems)} is something else.", "Write them in quotes."
        )
    return {str(name): _text(value) for name, value in given.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def run(params: Params, *, check_mode: bool) -> report.Report:
    """Do what the options ask for.

    :raises SwarmVaultError: it cannot be done.
    """
    from .._plugin import install
    from .._swarm import client, connect, plugin_socket, settings, transport

    request = to_request(params)
    options = settings.resolve(params, os.environ)
    engine = connect.open_engine(options)
    retrying = transport.RetryingTransport(engine)
    tools = install.Tools(
        plugins.PluginClient(retrying, engine),
        client.SwarmClient(retrying),
        archives.Store(_folder(params["state_dir"], request.alias)),
        ask=lambda plugin: plugin_socket.ask(options.docker_host, plugin),
        clock=clock.SystemClock(),
    )
    return install.install(request, tools, check_mode=check_mode)


def _folder(state_dir: str, alias: str) -> Path:
    return Path(state_dir) / "plugins" / alias.replace("/", "_").replace(":", "_")
