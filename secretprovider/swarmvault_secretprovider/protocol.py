# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The protocol between the Docker Engine and a plugin of kind ``secretprovider``.

The engine posts JSON to ``/Plugin.Activate`` and ``/SecretProvider.GetSecret`` on a unix socket
(moby ``pkg/plugins/client.go``); what it asks and expects stands in swarmkit's
``manager/drivers/secrets.go``.
"""

from __future__ import annotations

import base64
import json
import typing as t
from dataclasses import dataclass, field
from types import MappingProxyType

from swarmvault_core._common.errors import InputError
from swarmvault_core._rotation import labels

if t.TYPE_CHECKING:
    from swarmvault_core._common.errors import SwarmVaultError

    from .answer import Answer

ACTIVATE = "/Plugin.Activate"
GET_SECRET = "/SecretProvider.GetSecret"  # noqa: S105  # the path of a call
CONTENT_TYPE = "application/vnd.docker.plugins.v1.2+json"
IMPLEMENTED = "secretprovider"

#: What Docker's ``docker stack deploy`` writes into each service of a stack.
_STACK_LABEL = "com.docker.stack.namespace"
_NOTHING: t.Mapping[str, str] = MappingProxyType({})
_TEXTS = {
    "SecretName": "secret_name",
    "ServiceID": "service_id",
    "ServiceName": "service_name",
    "ServiceHostname": "service_hostname",
    "TaskID": "task_id",
    "TaskName": "task_name",
    "TaskImage": "task_image",
    "NodeID": "node_id",
}
_LABELS = {"SecretLabels": "secret_labels", "ServiceLabels": "service_labels"}
#: Of an error, in characters; labels have no bound of their own, and the engine logs what it is told.
_LONGEST_ERROR = 4096


class BadRequestError(InputError):
    """What was posted is not a request for a secret. The message repeats nothing of it."""


@dataclass(frozen=True)
class SecretRequest:
    """What the engine tells of the secret it asks for, and of the task that is to have it.

    Engines differ in what they send, so that everything may be missing and is empty then.

    :param secret_name: name of the Swarm secret.
    :param secret_labels: its labels; ``driver_opts`` are not handed on by the engine.
    :param service_id: service whose task starts.
    :param service_name: its name, the stack's in front of it.
    :param service_hostname: host name that the service gives its containers.
    :param service_labels: labels of the service, not of its containers.
    :param task_id: task that starts.
    :param task_name: its name, such as ``shop_db.1.ab12``.
    :param task_image: image of its container.
    :param node_id: node it starts on.
    """

    secret_name: str = ""
    secret_labels: t.Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    service_id: str = ""
    service_name: str = ""
    service_hostname: str = ""
    service_labels: t.Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    task_id: str = ""
    task_name: str = ""
    task_image: str = ""
    node_id: str = ""

    @property
    def stack(self) -> str:
        """The stack that the service belongs to; empty where it was not made by one."""
        return self.service_labels.get(_STACK_LABEL, "")

    @property
    def logical_secret(self) -> str:
        """What the application calls the secret: the same for each version that a rotation made."""
        logical = self.secret_labels.get(labels.NAME, "")
        version = f"{logical}_v{self.secret_labels.get(labels.VERSION, '')}"
        return logical if logical and version == self.secret_name else self.secret_name

    @classmethod
    def parse(cls, body: bytes) -> SecretRequest:
        """Read a request.

        :raises BadRequestError: it is not one.
        """
        sent = _json_object(body)
        found: dict[str, t.Any] = {
            name: _text(sent[key], key) for key, name in _TEXTS.items() if _is_there(sent, key)
        }
        found.update(
            {name: _labels(sent[key], key) for key, name in _LABELS.items() if _is_there(sent, key)}
        )
        return cls(**found)


def activated() -> bytes:
    """Return the answer to ``Plugin.Activate``."""
    return json.dumps({"Implements": [IMPLEMENTED]}).encode()


def rendered(answer: Answer) -> bytes:
    """Return the answer that hands over a value."""
    value = base64.b64encode(answer.value.reveal()).decode("ascii")
    return json.dumps({"Value": value, "Err": "", "DoNotReuse": answer.do_not_reuse}).encode()


def rendered_error(error: SwarmVaultError) -> bytes:
    """Return the answer that says why there is no value."""
    return json.dumps({"Err": str(error)[:_LONGEST_ERROR]}).encode()


def _json_object(body: bytes) -> dict[str, t.Any]:
    try:
        # Not json.loads(body): that would guess UTF-16 and UTF-32 as well.
        sent = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        # Without the cause, which quotes what was sent.
        raise BadRequestError("The request is not JSON in UTF-8.") from None
    if not isinstance(sent, dict):
        raise BadRequestError("The request is not a JSON object.")
    return sent


def _is_there(sent: t.Mapping[str, t.Any], key: str) -> bool:
    """Tell whether a key has a value; Go writes null for a map that was never made."""
    return sent.get(key) is not None


def _text(value: t.Any, key: str) -> str:
    if not isinstance(value, str):
        raise BadRequestError(f"{key} in the request is not a text.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # JSON can spell one half of a surrogate pair
        raise BadRequestError(f"{key} in the request is not valid Unicode.") from None
    return value


def _labels(value: t.Any, key: str) -> t.Mapping[str, str]:
    if not isinstance(value, dict):
        raise BadRequestError(f"{key} in the request is not an object.")
    return MappingProxyType({_text(name, key): _text(text, key) for name, text in value.items()})
